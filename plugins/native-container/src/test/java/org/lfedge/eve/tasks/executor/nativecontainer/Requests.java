package org.lfedge.eve.tasks.executor.nativecontainer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** Requests for tests, each made from the parts that matter to it. */
final class Requests {

  static final Root IMAGE_ROOT = new Root.Image("registry.local/app:1", false);

  private Requests() {}

  record Request(Task task, Optional<ResolvedImage> image, Optional<User> user, Fact config)
      implements SeedRequest {

    @Override
    public Optional<ResolvedImage> tools() {
      return Optional.empty();
    }

    @Override
    public HostFacts host() {
      return new Host("amd64", "6.1.0", 2, 4, 1L << 32, new TreeMap<>());
    }

    @Override
    public Fact fact(FactQuery query) {
      if (!query.equals(config.query())) {
        throw new IllegalArgumentException("not asked for: " + query);
      }
      return config;
    }

    Request with(Task changed) {
      return new Request(changed, image, user, config);
    }

    Request as(User changed) {
      return new Request(task, image, Optional.of(changed), config);
    }
  }

  record Task(
      Root root,
      List<String> command,
      Optional<String> workingDir,
      SortedMap<String, String> env,
      boolean init,
      Duration stopGrace,
      List<Volume> volumes,
      List<DeviceRequest> devices)
      implements TaskConfig {

    static Task of(Root root) {
      return new Task(
          root,
          List.of(),
          Optional.empty(),
          new TreeMap<>(),
          false,
          Duration.ofSeconds(30),
          List.of(),
          List.of());
    }

    Task command(String... args) {
      return new Task(root, List.of(args), workingDir, env, init, stopGrace, volumes, devices);
    }

    Task env(Map<String, String> variables) {
      return new Task(
          root, command, workingDir, new TreeMap<>(variables), init, stopGrace, volumes, devices);
    }

    Task workingDir(String path) {
      return new Task(root, command, Optional.of(path), env, init, stopGrace, volumes, devices);
    }

    Task volumes(Volume... some) {
      return new Task(root, command, workingDir, env, init, stopGrace, List.of(some), devices);
    }

    Task devices(DeviceRequest... some) {
      return new Task(root, command, workingDir, env, init, stopGrace, volumes, List.of(some));
    }

    Task withInit() {
      return new Task(root, command, workingDir, env, true, stopGrace, volumes, devices);
    }

    @Override
    public String name() {
      return "web";
    }

    @Override
    public UUID uuid() {
      return new UUID(1, 2);
    }

    @Override
    public Resources resources() {
      return new Limits(1 << 26, 500);
    }

    @Override
    public List<NetworkInterface> interfaces() {
      return List.of();
    }

    @Override
    public Options options() {
      return new NoOptions();
    }
  }

  record Storage(String name, Optional<String> target, boolean readOnly, SortedSet<View> views)
      implements Volume {

    @Override
    public Optional<String> format() {
      return Optional.empty();
    }

    static Storage at(String target, View... views) {
      return new Storage(
          target.substring(1), Optional.of(target), false, new TreeSet<>(List.of(views)));
    }
  }

  record Limits(long memoryBytes, int milliCpus) implements Resources {}

  record Host(
      String architecture,
      String kernel,
      int cgroupVersion,
      int cpus,
      long memoryBytes,
      SortedMap<String, String> accelerators)
      implements HostFacts {}

  record Image(
      String digest,
      String os,
      String architecture,
      Optional<String> variant,
      List<String> entrypoint,
      List<String> command,
      List<String> env,
      String workingDir,
      Optional<String> stopSignal,
      SortedMap<String, String> labels)
      implements ResolvedImage {

    static Image of(List<String> entrypoint, List<String> command, List<String> env) {
      return new Image(
          "sha256:" + "0".repeat(64),
          "linux",
          "amd64",
          Optional.empty(),
          entrypoint,
          command,
          env,
          "/srv",
          Optional.empty(),
          new TreeMap<>());
    }

    Image platform(String newOs, String newArchitecture) {
      return new Image(
          digest,
          newOs,
          newArchitecture,
          variant,
          entrypoint,
          command,
          env,
          workingDir,
          stopSignal,
          labels);
    }

    Image stopSignal(String name) {
      return new Image(
          digest,
          os,
          architecture,
          variant,
          entrypoint,
          command,
          env,
          workingDir,
          Optional.of(name),
          labels);
    }

    Image labels(Map<String, String> newLabels) {
      return new Image(
          digest,
          os,
          architecture,
          variant,
          entrypoint,
          command,
          env,
          workingDir,
          stopSignal,
          new TreeMap<>(newLabels));
    }

    Request request() {
      return new Request(Task.of(IMAGE_ROOT), Optional.of(this), Optional.empty(), noConfig());
    }
  }

  private record NoOptions() implements Options {

    private static IllegalArgumentException undeclared(String name) {
      return new IllegalArgumentException("not declared: " + name);
    }

    @Override
    public Optional<String> string(String name) {
      throw undeclared(name);
    }

    @Override
    public OptionalLong integer(String name) {
      throw undeclared(name);
    }

    @Override
    public Optional<Boolean> bool(String name) {
      throw undeclared(name);
    }

    @Override
    public Optional<Duration> duration(String name) {
      throw undeclared(name);
    }

    @Override
    public List<String> strings(String name) {
      if (!name.equals("capabilities")) {
        throw undeclared(name);
      }
      return List.of();
    }
  }

  static Request of(Root root) {
    return new Request(Task.of(root), Optional.empty(), Optional.empty(), noConfig());
  }

  /** A bundle whose config.json has these scalars, by their pointers, and this text. */
  static Request bundle(String text, Map<String, String> scalars) {
    TreeMap<String, String> values = new TreeMap<>(scalars);
    values.put("", text);
    return new Request(
        Task.of(new Root.Bundle("/srv/bundle", false)),
        Optional.empty(),
        Optional.empty(),
        Fact.present(BundleProgram.CONFIG, values));
  }

  private static Fact noConfig() {
    return Fact.absent(BundleProgram.CONFIG);
  }
}
