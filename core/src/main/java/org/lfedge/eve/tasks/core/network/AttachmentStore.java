package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what is attached in a file for each task, and in memory. */
final class AttachmentStore {

  private static final Logger LOG = LoggerFactory.getLogger(AttachmentStore.class);
  private static final String SUFFIX = ".json";

  private final DurableFiles files;
  private final ObjectMapper mapper = new ObjectMapper();
  private final ConcurrentMap<String, AttachmentRecord> records = new ConcurrentHashMap<>();

  /** Tasks whose file cannot be read: what they had cannot be told. */
  private final ConcurrentMap<String, String> unreadable = new ConcurrentHashMap<>();

  /** Reads all files of a directory, which is made, readable by its owner alone. */
  AttachmentStore(Path directory) {
    files = new DurableFiles(directory);
    try {
      files.prepare();
      for (Path file : files.list(SUFFIX)) {
        load(file);
      }
    } catch (IOException e) {
      throw failure("read the records of interfaces in " + directory, e);
    }
  }

  private void load(Path file) {
    String name = file.getFileName().toString();
    String task = name.substring(0, name.length() - SUFFIX.length());
    try {
      records.put(task, AttachmentJson.read(mapper.readTree(Files.readAllBytes(file))));
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "The record {} cannot be read ({}): of the interfaces of task {} only the addresses can"
              + " be given back.",
          file,
          e.getMessage(),
          task);
      unreadable.put(task, String.valueOf(e.getMessage()));
    }
  }

  Optional<AttachmentRecord> find(String task) {
    return Optional.ofNullable(records.get(task));
  }

  /** All but that of one task. */
  List<AttachmentRecord> others(String task) {
    return records.values().stream().filter(record -> !record.task().equals(task)).toList();
  }

  List<AttachmentRecord> all() {
    return List.copyOf(records.values());
  }

  boolean has(String task) {
    return records.containsKey(task) || unreadable.containsKey(task);
  }

  List<String> tasks() {
    return Stream.concat(records.keySet().stream(), unreadable.keySet().stream())
        .distinct()
        .sorted()
        .toList();
  }

  void save(AttachmentRecord record) {
    try {
      files.write(record.task() + SUFFIX, mapper.writeValueAsBytes(AttachmentJson.write(record)));
    } catch (IOException e) {
      throw failure(
          "record the interfaces of task " + record.task() + " in " + files.directory(), e);
    }
    records.put(record.task(), record);
    unreadable.remove(record.task());
  }

  void delete(String task) {
    try {
      files.delete(task + SUFFIX);
    } catch (IOException e) {
      throw failure("remove the record of the interfaces of task " + task, e);
    }
    records.remove(task);
    unreadable.remove(task);
  }

  private static TaskException failure(String action, IOException cause) {
    return TaskException.failed(
        Problem.host("NETWORK_RECORDS", "cannot " + action + ": " + cause + "; is the disk full?"),
        cause);
  }
}
