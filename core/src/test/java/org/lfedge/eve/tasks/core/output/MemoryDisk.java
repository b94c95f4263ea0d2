package org.lfedge.eve.tasks.core.output;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * A disk in memory that crashes between two effects or in the middle of one, and that forgets what
 * was not forced when the power fails.
 */
final class MemoryDisk implements OutputDisk {

  /** The daemon is killed. */
  static final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }

  /** One file. */
  private static final class Content {
    private byte[] bytes = {};
    private byte[] forced = {};
    private boolean entryForced;
  }

  private final NavigableMap<Path, Content> files = new TreeMap<>();
  private int effectsLeft = Integer.MAX_VALUE;
  private boolean full;
  private long clock;

  /** After so many effects more comes the crash. */
  void crashAfter(int effects) {
    effectsLeft = effects;
  }

  /** Whether there is no room. */
  void full(boolean value) {
    full = value;
  }

  /** As another process appends to a file. */
  void write(Path file, byte[] bytes) {
    Content content = files.computeIfAbsent(file, name -> new Content());
    content.entryForced = true;
    content.bytes = concatenate(content.bytes, bytes, bytes.length);
    clock++;
  }

  int size(Path file) {
    Content content = files.get(file);
    return content == null ? 0 : content.bytes.length;
  }

  /** A bit turns. */
  void damage(Path file, int offset) {
    Content content = files.get(file);
    if (content == null) {
      throw new IllegalArgumentException(file + " is not there");
    }
    content.bytes = content.bytes.clone();
    content.bytes[offset] ^= 1;
  }

  /** What is not forced is lost, as far as chance has it. */
  void losePower(Random chance) {
    files.values().removeIf(content -> !content.entryForced && chance.nextBoolean());
    for (Content content : files.values()) {
      if (content.bytes.length < content.forced.length) {
        continue;
      }
      int kept =
          content.forced.length + chance.nextInt(content.bytes.length - content.forced.length + 1);
      content.bytes = Arrays.copyOf(content.bytes, kept);
    }
  }

  private Content existing(Path file) throws NoSuchFileException {
    Content content = files.get(file);
    if (content == null) {
      throw new NoSuchFileException(file.toString());
    }
    return content;
  }

  private boolean isLast() {
    return effectsLeft-- == 0;
  }

  private void effect() {
    if (isLast()) {
      throw new Crash();
    }
  }

  private static byte[] concatenate(byte[] first, byte[] second, int length) {
    byte[] result = Arrays.copyOf(first, first.length + length);
    System.arraycopy(second, 0, result, first.length, length);
    return result;
  }

  @Override
  public Optional<FileState> state(Path file) {
    Content content = files.get(file);
    return content == null
        ? Optional.empty()
        : Optional.of(new FileState(content.bytes.length, clock));
  }

  @Override
  public List<String> names(Path directory) {
    return files.keySet().stream()
        .filter(file -> directory.equals(file.getParent()))
        .map(file -> String.valueOf(file.getFileName()))
        .toList();
  }

  @Override
  public void read(Path file, long offset, ByteBuffer into) throws IOException {
    byte[] bytes = existing(file).bytes;
    int length = (int) Math.max(0, Math.min(into.remaining(), bytes.length - offset));
    into.put(bytes, (int) Math.min(offset, bytes.length), length);
  }

  @Override
  public void makeDirectory(Path directory) {
    effect();
  }

  @Override
  public void create(Path file) throws IOException {
    effect();
    if (full) {
      throw new IOException("no space left");
    }
    if (files.put(file, new Content()) != null) {
      throw new FileNotFoundException(file + " is there");
    }
  }

  @Override
  public void append(Path file, ByteBuffer bytes) throws IOException {
    Content content = existing(file);
    byte[] added = new byte[bytes.remaining()];
    bytes.get(added);
    boolean crash = isLast();
    int length = crash || full ? added.length / 2 : added.length;
    content.bytes = concatenate(content.bytes, added, length);
    if (crash) {
      throw new Crash();
    }
    if (full) {
      throw new IOException("no space left");
    }
  }

  @Override
  public void force(Path file) throws IOException {
    effect();
    Content content = files.get(file);
    if (content != null) {
      content.forced = content.bytes;
      return;
    }
    files.entrySet().stream()
        .filter(entry -> file.equals(entry.getKey().getParent()))
        .forEach(entry -> entry.getValue().entryForced = true);
  }

  @Override
  public void truncate(Path file, long size) throws IOException {
    effect();
    Content content = existing(file);
    content.bytes = Arrays.copyOf(content.bytes, (int) size);
  }

  @Override
  public void delete(Path file) {
    effect();
    files.remove(file);
  }

  @Override
  public void free(String task, Path file, long from, long to) {
    effect();
    Content content = files.get(file);
    if (content != null) {
      content.bytes = content.bytes.clone();
      Arrays.fill(content.bytes, (int) from, (int) Math.min(to, content.bytes.length), (byte) 0);
    }
  }
}
