package org.lfedge.eve.tasks.core.store;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;

/**
 * Keeps each record in a JSON file of its own, {@code NAME.json}. A record is written to a file
 * beside it, forced to disk and renamed, so a reader sees the old record or the new one, whole.
 */
public final class FileTaskStore implements TaskStore {

  private static final String SUFFIX = ".json";
  private static final String UNFINISHED = ".new";

  private final Path directory;

  /** Documents are compared by their text, so numbers stay as they are written. */
  private final ObjectMapper mapper =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Keeps records in a directory, which is made, readable by its owner alone. */
  public FileTaskStore(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      for (Path unfinished : files(UNFINISHED)) {
        // Of a daemon that was killed: beside it is the whole record that it was to replace, if
        // any.
        Files.delete(unfinished);
      }
    } catch (IOException e) {
      throw failure("make the directory of task records " + directory, e);
    }
  }

  @Override
  public void save(TaskRecord record) {
    Path target = directory.resolve(record.name() + SUFFIX);
    Path unfinished = directory.resolve(record.name() + UNFINISHED);
    try {
      byte[] bytes = mapper.writeValueAsBytes(RecordJson.write(record));
      try (FileChannel file =
          FileChannel.open(
              unfinished,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          file.write(buffer);
        }
        file.force(true);
      }
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
      forceDirectory();
    } catch (IOException e) {
      throw failure("record task " + record.name() + " in " + target, e);
    }
  }

  @Override
  public void delete(String name) {
    try {
      Files.deleteIfExists(directory.resolve(name + UNFINISHED));
      Files.deleteIfExists(directory.resolve(name + SUFFIX));
      forceDirectory();
    } catch (IOException e) {
      throw failure("remove the record of task " + name, e);
    }
  }

  /** Makes a rename or removal last over a loss of power. */
  private void forceDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public Contents load() {
    List<Loaded> loaded = files(SUFFIX).parallelStream().map(this::load).toList();
    return new Contents(
        loaded.stream().flatMap(one -> one.record().stream()).toList(),
        loaded.stream().flatMap(one -> one.unreadable().stream()).toList());
  }

  /** What became of a file: one of the two. */
  private record Loaded(Optional<TaskRecord> record, Optional<Unreadable> unreadable) {}

  private Loaded load(Path file) {
    String fileName = file.getFileName().toString();
    String name = fileName.substring(0, fileName.length() - SUFFIX.length());
    try {
      TaskRecord record = RecordJson.read(mapper.readTree(Files.readAllBytes(file)));
      if (!record.name().equals(name)) {
        throw new IllegalArgumentException("it holds task " + record.name());
      }
      return new Loaded(Optional.of(record), Optional.empty());
    } catch (IOException | RuntimeException e) {
      Problem problem =
          Problem.host(
              "RECORD_UNREADABLE",
              "the record "
                  + file
                  + " cannot be read ("
                  + e.getMessage()
                  + "); restore it, or remove it to have what is left of the task removed");
      return new Loaded(Optional.empty(), Optional.of(new Unreadable(name, problem)));
    }
  }

  private List<Path> files(String suffix) {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(suffix))
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw failure("list " + directory, e);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("TASK_STORE", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
