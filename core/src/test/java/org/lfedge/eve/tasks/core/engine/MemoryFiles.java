package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.TrustVerdict;

/** Fetched files that are digests, and a registry whose artifacts are. */
final class MemoryFiles implements FetchedFiles {

  /** The digests of the files that are here. */
  final ConcurrentSkipListSet<String> here = new ConcurrentSkipListSet<>();

  /** What was fetched, in order. */
  final CopyOnWriteArrayList<String> fetches = new CopyOnWriteArrayList<>();

  /** The digests of the artifacts of the registry. */
  final ConcurrentSkipListMap<String, String> registry = new ConcurrentSkipListMap<>();

  /** What is being fetched and never comes; only who breaks it off gets on. */
  final ConcurrentSkipListSet<String> endless = new ConcurrentSkipListSet<>();

  private final Map<String, String> known = new ConcurrentSkipListMap<>();

  @Override
  public Optional<Kept> find(FileOrigin from, Format format) {
    return digest(from, format).filter(here::contains).map(digest -> kept(from, digest));
  }

  private static Kept kept(FileOrigin from, String digest) {
    return new Kept(
        digest,
        Path.of("/files", digest.substring(7)),
        from instanceof FileOrigin.Url ? Optional.empty() : Optional.of("sha256:m"),
        new TrustVerdict("accept", Optional.empty(), digest, Optional.empty()));
  }

  @Override
  public Optional<String> digest(FileOrigin from, Format format) {
    return from.digest().or(() -> Optional.ofNullable(known.get(from.shown())));
  }

  @Override
  public Kept fetch(FileOrigin from, Format format, PullProgress progress) {
    fetches.add(from.shown());
    if (from.shown().contains("broken")) {
      throw TaskException.failed(Problem.host("DOWNLOAD_UNREACHABLE", "no answer"));
    }
    if (from.shown().contains("endless")) {
      waitFor(from.shown());
    }
    String digest =
        from.digest().or(() -> Optional.ofNullable(registry.get(from.shown()))).orElseThrow();
    known.put(from.shown(), digest);
    here.add(digest);
    return kept(from, digest);
  }

  private void waitFor(String file) {
    endless.add(file);
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TaskException.failed(Problem.host("DOWNLOAD_UNREACHABLE", "broken off"));
    } finally {
      endless.remove(file);
    }
  }

  @Override
  public void keepOnly(SortedSet<String> digests) {
    here.retainAll(digests);
    known.values().retainAll(here);
  }
}
