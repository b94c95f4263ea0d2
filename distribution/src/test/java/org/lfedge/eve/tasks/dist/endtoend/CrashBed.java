package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/** A node whose daemon can be stopped at its failpoints, with an image that is unpacked. */
final class CrashBed implements AutoCloseable {

  private static final String NETWORK =
      "\nnetworks: {crash: {type: bridge, subnets: [10.232.1.0/24]}}\n";

  /** An image that comes from here needs no digest. */
  private static final String TOOLS =
      "trust: {tools: [{name: \"*\", require: accept}]}\n"
          + "executors: {serving: {tools: \"crash:1\"}, interpreting: {tools: \"crash:1\"}}\n";

  /** The app of a controller. */
  static final String APP = ControllerConfigs.uuid(1);

  /** A network interface of the node that a task gets. */
  private static final String CARD = "tm-crash0";

  /** The image that stays. */
  private static final String IMAGE = "docker.io/library/crash:1";

  private final FixtureRegistry registry = FixtureRegistry.plain();
  private final FailpointFile failpoints;
  private final PackagedNode node;
  private Api api;
  private List<Anchor> remembered = List.of();
  private final SortedMap<String, List<String>> empty;

  CrashBed() {
    Programs.run(List.of("ip", "link", "add", CARD, "type", "veth", "peer", "name", CARD + "-"))
        .expect(0);
    FailpointFile[] file = new FailpointFile[1];
    VendorJar serving = ServingExecutor.jar();
    VendorJar telling = TellingExecutor.jar();
    VendorJar interpreting = InterpretingExecutor.jar();
    VendorJar clearing = ClearingExecutor.jar();
    node =
        new PackagedNode(
            List.of(serving.digest(), telling.digest(), interpreting.digest(), clearing.digest()),
            ServedImage.nodeConfig(registry) + NETWORK + TOOLS,
            prepared -> {
              beControlled(prepared);
              serving.addTo(prepared);
              telling.addTo(prepared);
              interpreting.addTo(prepared);
              clearing.addTo(prepared);
              prepared.allowDevices("nic:" + CARD);
              var control = prepared.directory().resolve("failpoints");
              file[0] = new FailpointFile(control);
              prepared.environment().put(FailpointFile.VARIABLE, control.toString());
            });
    failpoints = file[0];
    try {
      node.document("token", "a secret");
      api = new Api(node);
      var unused =
          api.importImages(
              BusyboxImage.layout(node.documents().resolve("crash"), "crash:1", crash())
                  .toString());
      writeFreshLayout();
      writeSources();
      TestImages served = new TestImages();
      ServedImage.put(registry, served, served.add(fresh()), "1");
      ServedImage.putFile(registry, "disk", new byte[1 << 20]);
      // It unpacks the image, and makes the directories that all tasks share.
      var first = api.create(document("first", "[sh]", ""));
      api.delete(first.getName(), false);
      empty = Traces.of(node);
    } catch (RuntimeException | Error e) {
      node.close();
      throw e;
    }
  }

  /** Its program ends when it is asked to; tasks that are no apps have another. */
  private static TestImages.Image crash() {
    String program = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $!; done";
    return BusyboxImage.image()
        .settings(settings -> settings.putArray("Cmd").add("sh").add("-c").add(program));
  }

  private static void beControlled(PackagedNode node) {
    try {
      Path configs = Files.createDirectory(node.directory().resolve("configs"));
      Files.writeString(
          node.config(), "controller: {config: " + configs + "}\n", StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Has a controller want an app with a volume, which was purged so often; from now on. */
  void want(int purges) {
    EdgeDevConfig config =
        ControllerConfigs.config(
                List.of(
                    ControllerConfigs.app(1, "app", VmMode.NOHYPER, 32)
                        .addVolumeRefList(ControllerConfigs.mounted(2, ""))
                        .addVolumeRefList(ControllerConfigs.mounted(3, "/data"))
                        .setPurge(ControllerConfigs.count(purges))
                        .build()))
            .addVolumes(ControllerConfigs.download(2, 4))
            .addVolumes(ControllerConfigs.blank(3, 4 << 20))
            .addContentInfo(ControllerConfigs.tree(4, 5, Format.CONTAINER, "library/crash:1", ""))
            .addDatastores(ControllerConfigs.registry(5, "docker.io"))
            .build();
    try {
      Path unfinished = node.directory().resolve("app.unfinished");
      Files.write(unfinished, config.toByteArray());
      Files.move(unfinished, appConfig(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path appConfig() {
    return node.directory().resolve("configs/app.pb");
  }

  /** Has the controller want no app, and waits until there is none. */
  void wantNone() {
    try {
      if (Files.deleteIfExists(appConfig())) {
        Programs.await(
            "the app to go",
            () -> {
              // Of a daemon that was killed nothing is to be waited for.
              var unused = api.list();
              return Traces.of(node).get("apps").isEmpty();
            });
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An image in an archive that has to be uncompressed, with a layer that no other image has. */
  private void writeFreshLayout() {
    new TestImages()
        .add("fresh:1", fresh())
        .archive(node.documents().resolve("fresh.tar.gz"), TestImages.Compression.GZIP);
  }

  private static TestImages.Image fresh() {
    return BusyboxImage.image().layer(new TestLayer().file("etc/fresh", "fresh\n"));
  }

  private void writeSources() {
    var unused = node.document("user-data", "SITE=north\n");
    try (JarOutputStream jar =
        new JarOutputStream(
            Files.newOutputStream(node.documents().resolve("app.jar")), new Manifest())) {
      jar.putNextEntry(new JarEntry("empty"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Path raw = node.documents().resolve("disk.raw");
    Programs.run(List.of("mkfs.ext4", "-q", raw.toString(), "4M")).expect(0);
    Programs.run(
            List.of(
                "qemu-img",
                "convert",
                "-O",
                "qcow2",
                raw.toString(),
                node.documents().resolve("disk.qcow2").toString()))
        .expect(0);
  }

  /**
   * A task with interfaces, one of them the node's, a root with a limit and volumes of every kind
   * that takes effects.
   */
  String surrounded(String task, String command) {
    return document(
        task,
        "{image: \"crash:1\", maxWritable: 4MiB}",
        command,
        """
        interfaces: [{network: crash}]
        devices: [{nic: %s}]
        volumes:
        - {name: common, source: {volume: common}, target: /common}
        - {name: blank, source: {blank: 4MiB}, target: /blank}
        - {name: image, source: {image: "crash:1"}, target: /image}
        - {name: disk, source: {file: disk.qcow2, format: qcow2}, target: /disk}
        - {name: seed, source: {cloudInit: {userData: {file: user-data}}}}
        """
            .formatted(CARD));
  }

  /** A task that runs in tools, with an image as its root, which has a limit, and a disk. */
  String served(String task, String command) {
    return document(
        task,
        "{image: \"crash:1\", maxWritable: 4MiB}",
        command,
        "executor: serving\nvolumes: [{name: disk, source: {file: disk.qcow2, format: qcow2}}]");
  }

  /** A disk of the node. */
  String qcow2() {
    return node.documents().resolve("disk.qcow2").toString();
  }

  /** A task that runs in tools, with the volume {@code vm} of the node as its root. */
  String servedVolume(String task, String command) {
    return document(task, "{volume: vm}", command, "executor: serving");
  }

  /** A task that runs in tools, with a JAR as its root. */
  String servedJar(String task, String command) {
    return document(task, "{jar: app.jar}", command, "executor: serving");
  }

  /** A task that runs in tools, with a disk out of a registry as its root. */
  String fetched(String task, String command) {
    return document(
        task,
        "{disk: {artifact: \"%s/disk:disk\", format: raw}, readOnly: true}"
            .formatted(registry.host()),
        command,
        "executor: serving");
  }

  /** A task whose executor gives it a state and a runtime directory. */
  String telling(String task, String command) {
    return document(task, command, "executor: " + TellingExecutor.NAME);
  }

  /** A task that leaves something outside of its container, where nothing is now. */
  String clearing(String task) {
    String keys = ClearingExecutor.keys(node);
    ClearingExecutor.set(node, "left", false);
    ClearingExecutor.set(node, "log", false);
    return document(task, "[sh]", keys);
  }

  /** A task with a user namespace, and an interpreter out of its tools. */
  String interpreted(String task, String command) {
    return document(task, command, "executor: " + InterpretingExecutor.NAME);
  }

  /** The name of the same image in a registry. */
  String freshName() {
    return registry.host() + "/fresh:1";
  }

  /** Where an image is exported to. */
  Path exported() {
    return node.documents().resolve("exported.tar");
  }

  PackagedNode node() {
    return node;
  }

  FailpointFile failpoints() {
    return failpoints;
  }

  /** To the daemon that runs now. */
  Api api() {
    return api;
  }

  /** The path of an archive with an image that is not on the node. */
  String freshLayout() {
    return node.documents().resolve("fresh.tar.gz").toString();
  }

  /** A task with the image that stays as its root. */
  String document(String task, String command, String more) {
    return document(task, "{image: \"crash:1\"}", command, more);
  }

  /** A task that has a secret, and of which an exit is the end. */
  String document(String task, String root, String command, String more) {
    return """
        name: %s
        root: %s
        command: %s
        env: {TOKEN_FILE: {secret: {file: token}}}
        resources: {memory: 32MiB}
        restart: {policy: never}
        stop: {grace: 300ms}
        %s
        """
        .formatted(task, root, command, more);
  }

  /** Makes a task and starts it. */
  Task running(String task, String command) {
    var created = api.create(document(task, command, ""));
    return api.start(created.getName());
  }

  /** Keeps in mind which processes shall go on whatever happens. */
  void remember(Anchor... anchors) {
    remembered = List.of(anchors);
  }

  void assertRemembered(String task) {
    Anchor anchor = api.anchor(task);
    assertTrue(remembered.contains(anchor) && anchor.isAlive(), task + " has another " + anchor);
  }

  /** Kills the daemon where it is; the next one takes no notice of failpoints. */
  void killDaemon() {
    node.kill();
    api.close();
    failpoints.off();
  }

  /** After another start of the daemon. */
  void connect() {
    api.close();
    api = new Api(node);
  }

  /** Removes all tasks, and the images that came. */
  void clear() {
    failpoints.off();
    wantNone();
    api.list().forEach(task -> api.purge(task.getName()));
    api.volumes().forEach(this::deleteVolume);
    for (String image : images()) {
      node.ctr("images", "rm", "--sync", image);
    }
    // The image that stays is no task's now.
    String document = document("keeper", "[sh]", "");
    var keeper = api.create(document);
    api.prune();
    api.delete(keeper.getName(), true);
  }

  /** It may be an app's that is gone: then the daemon removes it just now. */
  private void deleteVolume(String name) {
    try {
      api.deleteVolume(name);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** The images beside the one that stays. */
  List<String> images() {
    List<String> images = new ArrayList<>(api.images());
    images.remove(IMAGE);
    return images;
  }

  /** Waits until there is no more than before any task; containerd collects in its own time. */
  void awaitEmpty() {
    AtomicReference<SortedMap<String, List<String>>> last = new AtomicReference<>(empty);
    try {
      Programs.await(
          "nothing to be left",
          () -> {
            last.set(Traces.of(node));
            return empty.equals(last.get()) && Files.exists(Path.of("/sys/class/net", CARD));
          });
    } catch (AssertionError e) {
      assertEquals(empty, last.get());
      throw e;
    }
  }

  @Override
  public void close() {
    api.close();
    node.close();
    registry.close();
    Programs.run(List.of("ip", "link", "delete", CARD));
  }
}
