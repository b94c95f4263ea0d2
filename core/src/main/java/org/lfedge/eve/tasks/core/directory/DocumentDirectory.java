package org.lfedge.eve.tasks.core.directory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches a directory and has its documents applied whenever they change: files that end in {@code
 * .yaml}, {@code .yml} or {@code .json}, but for those whose name begins with a dot. A file that
 * cannot be read is named in the log and does not hold up the others.
 */
public final class DocumentDirectory {

  private static final Logger log = LoggerFactory.getLogger(DocumentDirectory.class);

  private final Path directory;
  private final Declaration declaration;
  private SortedMap<Path, byte[]> applied = new TreeMap<>();
  private boolean settled;

  /** What is done with the documents of the directory. */
  public interface Declaration {

    /**
     * Applies documents.
     *
     * @param whole whether these are all that the directory declares; false if a file could not be
     *     read, so that a task that is not among them may be declared all the same
     * @return whether all went well; if not, it is tried again
     */
    boolean apply(List<TaskDocument> documents, boolean whole);
  }

  private DocumentDirectory(Path directory, Declaration declaration) {
    this.directory = directory;
    this.declaration = declaration;
  }

  /**
   * Begins to watch, on a thread of its own; the documents that are there are applied at once.
   *
   * @param directory made if it is missing
   * @return to be closed when it is to be watched no more; the tasks stay as they are
   * @throws TaskException if it cannot be made
   */
  public static DirectoryWatch watch(Path directory, Declaration declaration) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("TASK_DIRECTORY", "cannot make the directory " + directory + ": " + e), e);
    }
    DocumentDirectory documents = new DocumentDirectory(directory, declaration);
    return DirectoryWatch.start("document-directory", directory, documents::look);
  }

  /** Applies what is in the directory, unless that was done already; returns whether it was. */
  private boolean look(DirectoryWatch.Seen seen) {
    if (seen.moving()) {
      // Files that change one after the other count as one change.
      return true;
    }
    try {
      SortedMap<Path, byte[]> found = read();
      if (settled && same(found, applied)) {
        return true;
      }
      applied = found;
      List<TaskDocument> documents = new ArrayList<>();
      boolean whole = parse(found, documents);
      settled = declaration.apply(documents, whole);
    } catch (IOException | RuntimeException e) {
      settled = false;
      log.error("the task documents in {} cannot be applied: {}", directory, e.toString());
    }
    return settled;
  }

  private SortedMap<Path, byte[]> read() throws IOException {
    SortedMap<Path, byte[]> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(DocumentDirectory::isDocument).toList()) {
        try (InputStream in = Files.newInputStream(file)) {
          // One byte more than is allowed, for the parser to refuse it.
          found.put(file, in.readNBytes(TaskDocuments.MAX_BYTES + 1));
        }
      }
    }
    return found;
  }

  private static boolean isDocument(Path file) {
    String name = String.valueOf(file.getFileName());
    boolean ending = name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
    return ending && !name.startsWith(".") && Files.isRegularFile(file);
  }

  private static boolean same(SortedMap<Path, byte[]> left, SortedMap<Path, byte[]> right) {
    return left.keySet().equals(right.keySet())
        && left.entrySet().stream()
            .allMatch(entry -> Arrays.equals(entry.getValue(), right.get(entry.getKey())));
  }

  /** Returns whether every file could be read. */
  private boolean parse(SortedMap<Path, byte[]> found, List<TaskDocument> documents) {
    boolean whole = true;
    SortedMap<String, Path> names = new TreeMap<>();
    for (var file : found.entrySet()) {
      try {
        for (TaskDocument document : TaskDocuments.parse(file.getValue(), directory)) {
          Path other = names.putIfAbsent(document.name(), file.getKey());
          if (other == null) {
            documents.add(document);
          } else {
            whole = false;
            log.error(
                "{}: task {} is declared by {} already; give one of them another name",
                file.getKey(),
                document.name(),
                other);
          }
        }
      } catch (TaskException e) {
        whole = false;
        e.problems().forEach(problem -> log.error("{}: {}", file.getKey(), problem));
      }
    }
    return whole;
  }
}
