package org.lfedge.eve.tasks.core.store;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskStore;

/** Keeps each record in a JSON file of its own, {@code NAME.json}. */
public final class FileTaskStore implements TaskStore {

  private static final String SUFFIX = ".json";

  private final DurableFiles records;

  /** Documents are compared by their text, so numbers stay as they are written. */
  private final ObjectMapper mapper =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Keeps records in a directory, which is made, readable by its owner alone. */
  public FileTaskStore(Path directory) {
    records = new DurableFiles(directory);
    try {
      records.prepare();
    } catch (IOException e) {
      throw failure("make the directory of task records " + directory, e);
    }
  }

  @Override
  public void save(TaskRecord record) {
    try {
      records.write(record.name() + SUFFIX, mapper.writeValueAsBytes(RecordJson.write(record)));
    } catch (IOException e) {
      throw failure("record task " + record.name() + " in " + records.directory(), e);
    }
  }

  @Override
  public void delete(String name) {
    try {
      records.delete(name + SUFFIX);
    } catch (IOException e) {
      throw failure("remove the record of task " + name, e);
    }
  }

  @Override
  public Contents load() {
    List<Loaded> loaded = files().parallelStream().map(this::load).toList();
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

  private List<Path> files() {
    try {
      return records.list(SUFFIX);
    } catch (IOException e) {
      throw failure("list " + records.directory(), e);
    }
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("TASK_STORE", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
