package org.lfedge.eve.tasks.core.pubsub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.DomainConfig;
import org.lfedge.eve.tasks.core.eve.Domains;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The domains that EVE wants, in the directory that its manager of apps writes: one file for each,
 * named by its UUID. A file that cannot be read does not hold up the others; what it said before
 * holds. The manager makes the file {@code restarted} when it has named all domains that it knew
 * when it began; until then a domain without a file may be wanted still.
 */
public final class DomainDirectory {

  private static final Logger log = LoggerFactory.getLogger(DomainDirectory.class);

  private static final String ENDING = ".json";
  private static final String RESTARTED = "restarted";

  private final Path directory;
  private final Consumer<Domains> receiver;
  private final SortedMap<String, DomainConfig> known = new TreeMap<>();
  private final SortedSet<String> gone = new TreeSet<>();
  private SortedMap<String, Problem> told = new TreeMap<>();

  /** What the receiver has taken last. */
  private Optional<Domains> handed = Optional.empty();

  DomainDirectory(Path directory, Consumer<Domains> receiver) {
    this.directory = directory;
    this.receiver = receiver;
  }

  /**
   * Begins to watch, on a thread of its own; what is there is told at once.
   *
   * @param root below which each program of EVE has its directory
   * @param receiver told of all domains whenever one of them has changed
   * @return to be closed when it is to be watched no more
   */
  public static DirectoryWatch watch(Path root, Consumer<Domains> receiver) {
    Path directory = root.resolve("zedmanager").resolve("DomainConfig");
    DomainDirectory domains = new DomainDirectory(directory, receiver);
    return DirectoryWatch.start("domain-config", directory, domains::look);
  }

  /** Returns false if it is worth to look again though nothing changes in the directory itself. */
  boolean look(DirectoryWatch.Seen seen) {
    if (seen.moving()) {
      return true;
    }
    SortedMap<String, Problem> unreadable = new TreeMap<>();
    SortedSet<String> present = new TreeSet<>();
    for (Path file : seen.files().keySet()) {
      String name = String.valueOf(file.getFileName());
      if (name.endsWith(ENDING)) {
        read(file, name.substring(0, name.length() - ENDING.length()), present, unreadable);
      }
    }
    gone.addAll(known.keySet());
    known.keySet().retainAll(present);
    gone.removeAll(present);
    tell(unreadable);
    SortedMap<String, byte[]> images = new TreeMap<>();
    boolean complete = images(images);
    boolean whole = seen.files().containsKey(directory.resolve(RESTARTED));
    Domains domains = new Domains(known, images, unreadable, whole, gone);
    if (handed.filter(last -> isSame(last, domains)).isEmpty()) {
      receiver.accept(domains);
      handed = Optional.of(domains);
    }
    return complete && unreadable.isEmpty();
  }

  private static boolean isSame(Domains one, Domains other) {
    return one.configs().equals(other.configs())
        && one.unreadable().equals(other.unreadable())
        && one.whole() == other.whole()
        && one.gone().equals(other.gone())
        && contents(one.images()).equals(contents(other.images()));
  }

  /** Arrays are equal to themselves alone. */
  private static Map<String, ByteBuffer> contents(SortedMap<String, byte[]> files) {
    Map<String, ByteBuffer> contents = new TreeMap<>();
    files.forEach((file, bytes) -> contents.put(file, ByteBuffer.wrap(bytes)));
    return contents;
  }

  private void read(
      Path file, String key, SortedSet<String> present, SortedMap<String, Problem> unreadable) {
    String id = key.toLowerCase(Locale.ROOT);
    try {
      known.put(id, DomainConfig.parse(bytes(file), key));
      present.add(id);
    } catch (NoSuchFileException e) {
      // It has just been removed, which the next look sees.
      log.debug("{} is gone", file);
    } catch (TaskException e) {
      unreadable.put(id, e.first());
      present.add(id);
    } catch (IOException e) {
      unreadable.put(id, Problem.host("DOMAIN_UNREADABLE", file + " cannot be read: " + e));
      present.add(id);
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      // One byte more than is allowed, for the parser to refuse it.
      return in.readNBytes(DomainConfig.MAX_BYTES + 1);
    }
  }

  private void tell(SortedMap<String, Problem> unreadable) {
    unreadable.forEach(
        (id, problem) -> {
          if (!problem.equals(told.get(id))) {
            log.error("the domain {} in {} is not taken: {}", id, directory, problem);
          }
        });
    told = unreadable;
  }

  /** Returns whether all that are named can be read. */
  private boolean images(SortedMap<String, byte[]> images) {
    boolean complete = true;
    for (DomainConfig domain : known.values()) {
      String file = domain.imageConfig().orElse("");
      if (!file.isEmpty()) {
        try {
          images.put(file, bytes(Path.of(file)));
        } catch (IOException | RuntimeException e) {
          // The mapping says so of the domain, and which file it is.
          log.debug("{} cannot be read: {}", file, e.toString());
          complete = false;
        }
      }
    }
    return complete;
  }
}
