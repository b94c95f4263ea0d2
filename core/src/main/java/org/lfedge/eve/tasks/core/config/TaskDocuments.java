package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.DocumentText.Document;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Task documents from text, and back to their canonical form. */
public final class TaskDocuments {

  /** The largest text that is read; callers need not load more than a byte above it. */
  public static final int MAX_BYTES = DocumentText.MAX_BYTES;

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TaskDocuments() {}

  /**
   * Reads one or more task documents of YAML or JSON.
   *
   * @param text in UTF-8
   * @param baseDirectory where relative paths in the documents start
   * @return at least one, in the order of the text, each with a name of its own
   * @throws TaskException with everything that is wrong in all of them; if there are several, the
   *     path of each problem starts with {@code document[N]}, counted from 1
   */
  public static List<TaskDocument> parse(byte[] text, Path baseDirectory) {
    Problems unreadable = new Problems();
    List<Document> documents = DocumentText.read(text, unreadable);
    boolean several = documents.size() > 1 || (documents.size() == 1 && !unreadable.isEmpty());
    Problems problems = new Problems();
    TaskDocumentReader reader = new TaskDocumentReader(baseDirectory);
    List<TaskDocument> tasks = new ArrayList<>();
    SortedMap<String, Integer> names = new TreeMap<>();
    int number = 0;
    for (Document document : documents) {
      number++;
      Problems own = document.problems();
      DocumentValue value = new DocumentValue(document.tree(), Place.DOCUMENT, false, own);
      Optional<TaskDocument> task = reader.read(value);
      task.ifPresent(tasks::add);
      Integer other = names.putIfAbsent(task.map(TaskDocument::name).orElse(""), number);
      if (other != null && task.isPresent() && !task.get().name().isEmpty()) {
        own.add(
            Problem.inDocument(
                "CONFLICT",
                "name",
                task.get().name(),
                "document[" + other + "] has this name, too; give one of them another"));
      }
      problems.addAll(several ? own.inDocument(number) : own);
    }
    problems.addAll(unreadable);
    if (documents.isEmpty() && problems.isEmpty()) {
      problems.add(Problem.user("MISSING", "the text holds no task document; see the reference"));
    }
    problems.throwIfAny();
    return List.copyOf(tasks);
  }

  /**
   * The canonical form: all defaults filled in, always the same order and the same way to write
   * each value, so that equal documents have equal texts. {@link #parse} reads it back.
   */
  public static ObjectNode toJson(TaskDocument task) {
    ObjectNode json = JSON.objectNode();
    json.put("version", 1);
    json.put("name", task.name());
    task.displayName().ifPresent(text -> json.put("displayName", text));
    task.executor().ifPresent(text -> json.put("executor", text));
    task.tools().ifPresent(text -> json.put("tools", text));
    if (!(task.root() instanceof RootSource.Unsaid)) {
      ObjectNode root = rootJson(task.root()).put("readOnly", task.readOnlyRoot());
      task.maxWritableBytes().ifPresent(bytes -> root.put("maxWritable", Sizes.format(bytes)));
      json.set("root", root);
    }
    task.command().forEach(json.putArray("command")::add);
    task.user().ifPresent(text -> json.put("user", text));
    task.workingDir().ifPresent(text -> json.put("workingDir", text));
    ObjectNode env = json.putObject("env");
    task.env().forEach((key, value) -> env.set(key, envJson(value)));
    json.put("init", task.init());
    ObjectNode resources = json.putObject("resources");
    resources.put("memory", Sizes.format(task.memoryBytes()));
    resources.set("cpus", cpusJson(task.milliCpus()));
    task.taxMemoryBytes()
        .ifPresent(bytes -> resources.putObject("tax").put("memory", Sizes.format(bytes)));
    task.pinnedCpus().forEach(resources.putArray("pin")::add);
    json.put("terminal", task.terminal());
    json.putObject("stop").put("grace", Durations.format(task.stopGrace()));
    json.set("restart", SupervisionJson.restart(task.restart()));
    task.health().ifPresent(health -> json.set("health", SupervisionJson.health(health)));
    json.set("after", SupervisionJson.after(task.after()));
    // Left out where there are none: an earlier version can read the record of such a task.
    if (!task.volumes().isEmpty()) {
      json.set("volumes", VolumesJson.volumes(task.volumes()));
    }
    if (task.hostNetwork()) {
      json.putArray("interfaces").addObject().put("network", InterfacesReader.HOST);
    } else if (!task.interfaces().isEmpty()) {
      json.set("interfaces", InterfacesJson.interfaces(task.interfaces()));
    }
    if (!task.devices().isEmpty()) {
      json.set("devices", VolumesJson.devices(task.devices()));
    }
    json.set("options", task.options().deepCopy());
    return json;
  }

  /**
   * A task from its canonical form.
   *
   * @param json read with decimal numbers kept as they are written
   * @throws TaskException with everything that is wrong
   */
  public static TaskDocument fromJson(JsonNode json) {
    Problems problems = new Problems();
    Optional<TaskDocument> task =
        new TaskDocumentReader(Path.of("/"))
            .read(new DocumentValue(json, Place.DOCUMENT, false, problems));
    problems.throwIfAny();
    return task.orElseThrow();
  }

  private static ObjectNode rootJson(RootSource root) {
    ObjectNode json = JSON.objectNode();
    if (root instanceof RootSource.Image image) {
      json.put("image", image.reference()).put("pull", SupervisionReader.word(image.pull()));
    } else if (root instanceof RootSource.Layout layout) {
      json.put("layout", layout.path());
    } else if (root instanceof RootSource.Directory directory) {
      json.put("directory", directory.path());
    } else if (root instanceof RootSource.Bundle bundle) {
      json.put("bundle", bundle.path());
    } else if (root instanceof RootSource.File file) {
      json.putObject("file").put("source", file.path()).put("format", file.format().word());
    } else if (root instanceof RootSource.Fetched fetched) {
      ObjectNode file = json.putObject("file");
      if (fetched.from() instanceof FileOrigin.Url url) {
        file.put("url", url.url()).put("digest", url.sha256());
      } else if (fetched.from() instanceof FileOrigin.Artifact artifact) {
        file.put("artifact", artifact.reference());
        json.put("pull", SupervisionReader.word(artifact.pull()));
      }
      file.put("format", fetched.format().word());
    } else if (root instanceof RootSource.Volume volume) {
      json.put("volume", volume.name());
    } else {
      json.put("host", true);
    }
    return json;
  }

  private static JsonNode envJson(EnvValue value) {
    if (value instanceof EnvValue.Secret secret) {
      ObjectNode json = JSON.objectNode();
      json.putObject("secret").put("file", secret.path());
      return json;
    }
    return JSON.textNode(((EnvValue.Text) value).value());
  }

  private static JsonNode cpusJson(int milliCpus) {
    return milliCpus % 1000 == 0
        ? JSON.numberNode(milliCpus / 1000)
        : JSON.numberNode(BigDecimal.valueOf(milliCpus, 3).stripTrailingZeros());
  }
}
