package org.lfedge.eve.tasks.core.plugin;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * Bounds seeds by their JSON, since that is what is kept and sent: a text that is in a seed a
 * thousand times takes its memory once, and a thousand times there.
 */
final class SeedSize {

  /** A thousand times what the bundled executors need; a message to containerd has 16 MiB. */
  static final int MAX_BYTES = 4 << 20;

  private static final JsonMapper JSON = new JsonMapper();

  private SeedSize() {}

  /**
   * Refuses a seed that is too large.
   *
   * @throws PluginFailure if it has more than {@link #MAX_BYTES} as JSON
   */
  static void require(Seed seed) throws PluginFailure {
    try {
      JSON.writeValue(new Counter(), SeedCodec.toJson(seed));
    } catch (IOException e) {
      throw new PluginFailure(
          "SEED_TOO_LARGE", "its seed has more than " + (MAX_BYTES >> 20) + " MiB as JSON");
    }
  }

  /** Fails after so many bytes. */
  private static final class Counter extends OutputStream {
    private long count;

    @Override
    public void write(int value) throws IOException {
      add(1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      add(length);
    }

    private void add(int bytes) throws IOException {
      count += bytes;
      if (count > MAX_BYTES) {
        throw new IOException("too large");
      }
    }
  }
}
