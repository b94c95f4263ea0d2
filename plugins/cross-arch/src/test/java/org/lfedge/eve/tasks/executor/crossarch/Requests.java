package org.lfedge.eve.tasks.executor.crossarch;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/** Requests of which a test says what matters to it; the rest is as in some sample. */
final class Requests {

  private static final CrossArchExecutor EXECUTOR = new CrossArchExecutor();

  private final Map<String, Object> task = new TreeMap<>();
  private final Map<String, Object> options = new TreeMap<>();
  private final Map<String, Object> image = new TreeMap<>();
  private final Root.Kind kind;
  private Optional<Map<String, String>> labels = Optional.of(Map.of());
  private String node = "amd64";

  private Requests(Root.Kind kind) {
    this.kind = kind;
    task.put("command", List.of("/bin/app", "one"));
    task.put("volumes", List.of());
    task.put("devices", List.of());
    task.put("init", false);
    image.put("os", "linux");
  }

  static Requests image(String architecture) {
    Requests requests = new Requests(Root.Kind.IMAGE);
    requests.image.put("architecture", architecture);
    return requests;
  }

  static Requests directory() {
    return new Requests(Root.Kind.DIRECTORY);
  }

  Requests ofOs(String os) {
    image.put("os", os);
    return this;
  }

  Requests option(String name, Object value) {
    options.put(name, value);
    return this;
  }

  Requests with(String property, Object value) {
    task.put(property, value);
    return this;
  }

  Requests node(String architecture) {
    node = architecture;
    return this;
  }

  Requests emulators(String label) {
    labels = Optional.of(Map.of(Emulators.LABEL, label));
    return this;
  }

  Requests withoutTools() {
    labels = Optional.empty();
    return this;
  }

  Seed seed() throws SeedException {
    return EXECUTOR.seed(request());
  }

  private SeedRequest request() {
    SeedRequest sample = SampleRequests.of(EXECUTOR.info(), kind, 7);
    task.put("options", new Chosen(options));
    ResolvedImage any =
        SampleRequests.of(EXECUTOR.info(), Root.Kind.IMAGE, 7).image().orElseThrow();
    return changed(
        SeedRequest.class,
        sample,
        Map.of(
            "task", changed(TaskConfig.class, sample.task(), task),
            "image", sample.image().map(from -> changed(ResolvedImage.class, from, image)),
            "tools",
                labels.map(
                    of -> changed(ResolvedImage.class, any, Map.of("labels", new TreeMap<>(of)))),
            "host", changed(HostFacts.class, sample.host(), Map.of("architecture", node))));
  }

  /** The same but for the answers of some methods. */
  private static <T> T changed(Class<T> type, T from, Map<String, Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (answers.containsKey(method.getName())) {
                return answers.get(method.getName());
              }
              try {
                return method.invoke(from, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private record Chosen(Map<String, Object> values) implements Options {
    @Override
    public Optional<String> string(String name) {
      return Optional.ofNullable((String) values.get(name));
    }

    @Override
    public OptionalLong integer(String name) {
      return values.containsKey(name)
          ? OptionalLong.of(((Number) values.get(name)).longValue())
          : OptionalLong.empty();
    }

    @Override
    public Optional<Boolean> bool(String name) {
      return Optional.empty();
    }

    @Override
    public Optional<Duration> duration(String name) {
      return Optional.empty();
    }

    @Override
    public List<String> strings(String name) {
      return List.of();
    }
  }
}
