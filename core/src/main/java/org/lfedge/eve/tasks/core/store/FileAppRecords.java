package org.lfedge.eve.tasks.core.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.lfedge.eve.tasks.core.fleet.LogMarks;
import org.lfedge.eve.tasks.core.port.AppRecord;
import org.lfedge.eve.tasks.core.port.AppRecords;
import org.lfedge.eve.tasks.core.port.OutputPlace;

/** Keeps each record in a JSON file of its own, {@code ID.json}. */
public final class FileAppRecords implements AppRecords {

  private static final String SUFFIX = ".json";
  private static final String LOGGED = ".logged";

  private final ObjectMapper mapper = new ObjectMapper();
  private final DurableFiles files;

  /** Keeps records in a directory, which is made, readable by its owner alone. */
  public FileAppRecords(Path directory) {
    files = new DurableFiles(directory);
    try {
      files.prepare();
    } catch (IOException e) {
      throw failure("make the directory of records of apps " + directory, e);
    }
  }

  @Override
  public List<AppRecord> all() {
    List<AppRecord> records = new ArrayList<>();
    try {
      for (Path file : files.list(SUFFIX)) {
        records.add(read(mapper.readTree(Files.readAllBytes(file))));
      }
    } catch (IOException | IllegalArgumentException e) {
      throw failure("read a record in " + files.directory() + "; restore it, or remove it", e);
    }
    return records;
  }

  @Override
  public Optional<AppRecord> find(String id) {
    try {
      return Optional.of(
          read(mapper.readTree(Files.readAllBytes(files.directory().resolve(id + SUFFIX)))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      throw failure("read the record of app " + id + "; restore it, or remove it", e);
    }
  }

  private static AppRecord read(JsonNode json) {
    String id = json.path("id").asText();
    String task = json.path("task").asText();
    if (id.isEmpty() || task.isEmpty()) {
      throw new IllegalArgumentException("it has no id or no task");
    }
    return new AppRecord(id, task, json.path("restarts").asLong(), json.path("purges").asLong());
  }

  @Override
  public void save(AppRecord record) {
    ObjectNode json =
        mapper
            .createObjectNode()
            .put("id", record.id())
            .put("task", record.task())
            .put("restarts", record.restarts())
            .put("purges", record.purges());
    try {
      files.write(record.id() + SUFFIX, mapper.writeValueAsBytes(json));
    } catch (IOException e) {
      throw failure("record app " + record.id(), e);
    }
  }

  @Override
  public void delete(String id) {
    try {
      files.delete(id + LOGGED);
      files.delete(id + SUFFIX);
    } catch (IOException e) {
      throw failure("remove the record of app " + id, e);
    }
  }

  /** How far the logs of the apps were handed over, in files beside the records. */
  public LogMarks logMarks() {
    return new LogMarks() {
      @Override
      public Optional<Mark> find(String app) {
        try {
          JsonNode json = mapper.readTree(files.read(app + LOGGED));
          return Optional.of(
              new Mark(
                  Instant.parse(json.path("created").asText()),
                  new OutputPlace(
                      json.path("segment").asLong(),
                      json.path("stdout").asLong(),
                      json.path("stderr").asLong())));
        } catch (IOException | DateTimeParseException e) {
          return Optional.empty();
        }
      }

      @Override
      public void save(String app, Mark mark) {
        ObjectNode json =
            mapper
                .createObjectNode()
                .put("created", mark.created().toString())
                .put("segment", mark.place().segment())
                .put("stdout", mark.place().stdout())
                .put("stderr", mark.place().stderr());
        try {
          files.write(app + LOGGED, mapper.writeValueAsBytes(json));
        } catch (IOException e) {
          throw failure("record how far the log of app " + app + " was read", e);
        }
      }
    };
  }

  private static TaskException failure(String action, Exception cause) {
    return TaskException.failed(
        Problem.host("APP_STORE", "cannot " + action + ": " + cause.getMessage()), cause);
  }
}
