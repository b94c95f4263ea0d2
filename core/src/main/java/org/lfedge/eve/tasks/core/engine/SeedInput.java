package org.lfedge.eve.tasks.core.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.Volume;

/** What an executor is given, made of a document and of what was looked up for it. */
record SeedInput(
    TaskConfig task,
    Optional<ResolvedImage> image,
    Optional<User> user,
    HostFacts host,
    List<Fact> facts)
    implements SeedRequest {

  @Override
  public Fact fact(FactQuery query) {
    return facts.stream()
        .filter(fact -> fact.query().equals(query))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("facts() did not ask for " + query));
  }

  /** The executor's view of a document. */
  static TaskConfig config(UUID uuid, TaskDocument document, Root root, Options options) {
    SortedMap<String, String> env = new TreeMap<>();
    document
        .env()
        .forEach(
            (key, value) ->
                env.put(
                    key,
                    value instanceof EnvValue.Text text ? text.value() : "/run/secrets/" + key));
    return new Config(
        document.name(),
        uuid,
        root,
        document.command(),
        document.workingDir(),
        SortedCopies.mapOf(env),
        document.init(),
        new Asked(document.memoryBytes(), document.milliCpus()),
        List.of(),
        List.of(),
        options,
        document.stopGrace());
  }

  private record Asked(long memoryBytes, int milliCpus) implements Resources {}

  private record Config(
      String name,
      UUID uuid,
      Root root,
      List<String> command,
      Optional<String> workingDir,
      SortedMap<String, String> env,
      boolean init,
      Resources resources,
      List<Volume> volumes,
      List<NetworkInterface> interfaces,
      Options options,
      Duration stopGrace)
      implements TaskConfig {}
}
