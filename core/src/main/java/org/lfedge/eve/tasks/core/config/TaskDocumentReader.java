package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.ResourcesReader.Resources;
import org.lfedge.eve.tasks.core.config.RootReader.Root;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** The keys of a task document, each with its type, its range and its default. */
final class TaskDocumentReader {

  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);
  private static final Duration MAX_GRACE = Duration.ofMinutes(10);

  private static final TextForm DISPLAY_NAME =
      new TextForm(
          256, "[^\\x00-\\x1f\\x7f-\\x9f]+", "BAD_VALUE", "a text without control characters");
  private static final TextForm EXECUTOR =
      new TextForm(
          63,
          "[a-z0-9]+(-[a-z0-9]+)*",
          "BAD_NAME",
          "lower-case letters and digits, joined by single dashes (native-container)");
  private static final TextForm USER =
      new TextForm(
          256,
          "[^:\\x00-\\x20\\x7f-\\x9f]+(:[^:\\x00-\\x20\\x7f-\\x9f]+)?",
          "BAD_VALUE",
          "a user or user:group, by names or numbers");
  private static final TextForm WORKING_DIRECTORY =
      new TextForm(4095, "(?s)/.*", "BAD_VALUE", "an absolute path inside the task");

  /** Keys that other tools have at the top, and where they are here. */
  private static final SortedMap<String, String> ELSEWHERE =
      SortedCopies.mapOf(
          Map.of(
              "ports", "interfaces: [{network: NAME, ports: [\"8080:80\"]}]",
              "dns", "interfaces: [{network: NAME, dns: [10.1.0.1]}]"));

  private final Path baseDirectory;

  TaskDocumentReader(Path baseDirectory) {
    this.baseDirectory = baseDirectory;
  }

  /**
   * Reads one document. What is wrong goes to the problems of the value; what is returned then has
   * stand-ins in some places and is not to be used.
   */
  Optional<TaskDocument> read(DocumentValue document) {
    return document.object(this::task);
  }

  private Optional<TaskDocument> task(DocumentObject task) {
    task.optional("version", v -> v.whole(1, 1));
    ELSEWHERE.forEach(task::elsewhere);
    String name = task.required("name", v -> v.text(TextForm.TASK_NAME)).orElse("");
    Root root =
        task.optional("root", v -> v.object(new RootReader(baseDirectory)::read))
            .orElse(Root.UNSAID);
    Resources resources =
        task.required("resources", v -> v.object(ResourcesReader::read)).orElse(Resources.NONE);
    InterfacesReader network = new InterfacesReader();
    List<InterfaceConfig> interfaces = network.read(task);
    return Optional.of(
        new TaskDocument(
            name,
            task.optional("displayName", v -> v.text(DISPLAY_NAME)),
            task.optional("executor", v -> v.text(EXECUTOR)),
            task.optional("tools", v -> v.text(TextForm.IMAGE)),
            root.source(),
            root.readOnly(),
            root.maxWritableBytes(),
            task.list("command", DocumentValue.MAX_LIST, ProgramReader::argument),
            task.optional("user", v -> v.scalar(USER)),
            task.optional("workingDir", v -> v.text(WORKING_DIRECTORY)),
            task.optional("env", this::env).orElse(new TreeMap<>()),
            task.optional("init", DocumentValue::flag).orElse(false),
            resources.memoryBytes(),
            resources.milliCpus(),
            resources.taxMemoryBytes(),
            resources.pinnedCpus(),
            task.optional("terminal", DocumentValue::flag).orElse(false),
            task.optional("stop", v -> v.object(TaskDocumentReader::grace)).orElse(DEFAULT_GRACE),
            task.optional("restart", v -> v.object(SupervisionReader::restart))
                .orElse(RestartPolicy.DEFAULT),
            task.optional("health", v -> v.object(SupervisionReader::health)),
            SupervisionReader.after(task, name),
            new VolumesReader(baseDirectory).read(task),
            interfaces,
            network.isHost(),
            new DevicesReader(interfaces.stream().map(InterfaceConfig::name).toList()).read(task),
            task.optional("options", DocumentValue::tree)
                .orElseGet(JsonNodeFactory.instance::objectNode)));
  }

  private Optional<SortedMap<String, EnvValue>> env(DocumentValue v) {
    return v.confidential().object(env -> ProgramReader.env(env, baseDirectory));
  }

  private static Optional<Duration> grace(DocumentObject stop) {
    return stop.optional("grace", v -> v.duration(MAX_GRACE));
  }
}
