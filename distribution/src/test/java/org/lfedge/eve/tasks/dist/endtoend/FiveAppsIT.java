package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.app;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.config;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.count;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.download;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.mounted;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.registry;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.tree;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.uuid;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.FixtureController;
import org.lfedge.eve.tasks.core.controller.FixtureSigners;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.DatastoreConfig;
import org.lfedge.eve.tasks.core.eve.api.DsType;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.SeedSource;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.eve.api.ZSwState;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.registry.FixtureRegistry;

/** A controller has a node run all kinds of apps, two of them kinds that the node did not know. */
@Tag("long")
class FiveAppsIT {

  private static final int IMAGES = 0x10;
  private static final int FILES = 0x11;
  private static final int NATIVE = 0x21;
  private static final int MACHINE = 0x22;
  private static final int INSIDE = 0x23;
  private static final int JAVA = 0x24;
  private static final int FOREIGN = 0x25;
  private static final List<Integer> APPS = List.of(NATIVE, MACHINE, INSIDE, JAVA, FOREIGN);

  /** Of the content of an app, and of its volume. */
  private static final int TREE = 0x100;

  private static final int VOLUME = 0x200;
  private static final int JVM_TOOLS = 0x301;
  private static final int EMULATORS = 0x302;

  private static final String PROGRAM =
      "package app; public class Main { public static void main(String[] a) throws Exception {"
          + " System.out.println(\"java: up\"); new java.util.concurrent.CountDownLatch(1).await(); } }";

  @TempDir private Path directory;

  /** Its boot sector writes a line to the serial port, and waits for ever. */
  private static byte[] disk() {
    int[] code = {
      0xFC, 0x31, 0xC0, 0x8E, 0xD8, 0xBE, 0x16, 0x7C, 0xAC, 0x84, 0xC0, 0x74, 0x06, 0xBA, 0xF8,
      0x03, 0xEE, 0xEB, 0xF5, 0xF4, 0xEB, 0xFD
    };
    byte[] disk = new byte[1 << 20];
    for (int i = 0; i < code.length; i++) {
      disk[i] = (byte) code[i];
    }
    byte[] text = "machine: up\r\n".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, disk, code.length, text.length);
    disk[510] = 0x55;
    disk[511] = (byte) 0xAA;
    return disk;
  }

  private static AppInstanceConfig.Builder with(int id, String name, VmMode mode, int mebibytes) {
    return app(id, name, mode, mebibytes)
        .addVolumeRefList(mounted(VOLUME + id, ""))
        .setRestart(count(0));
  }

  private static SeedSource seed(String executor, int tools) {
    return SeedSource.newBuilder().setExecutor(executor).setToolsContentTreeId(uuid(tools)).build();
  }

  private EdgeDevConfig wanted(FixtureRegistry registry) {
    TestImages images = new TestImages();
    Descriptor busybox =
        images.add(
            BusyboxImage.image()
                .settings(
                    settings ->
                        settings
                            .putArray("Cmd")
                            .add("sh")
                            .add("-c")
                            .add("echo \"app: up\"; exec sleep 100000")));
    ServedImage.put(registry, images, busybox, "busybox");
    Path arm = directory.resolve("arm.oci.tar");
    var unused = DebianImages.make("busybox", arm, "arm64");
    Path emulators = directory.resolve("emulators.oci.tar");
    unused = DebianImages.make("cross-arch", emulators);
    Path jvm = directory.resolve("jvm.oci.tar");
    unused = DebianImages.make("jvm-17", jvm);
    byte[] jar =
        new JavaProgram()
            .classes(17, "", Map.of("app.Main", PROGRAM))
            .manifest("Main-Class: app.Main")
            .bytes();
    List<AppInstanceConfig> apps = new ArrayList<>();
    apps.add(with(NATIVE, "native", VmMode.NOHYPER, 32).build());
    apps.add(with(MACHINE, "machine", VmMode.HVM, 64).build());
    apps.add(with(INSIDE, "inside", VmMode.PV, 96).build());
    apps.add(with(JAVA, "java", VmMode.NOHYPER, 64).setSeedSource(seed("jvm", JVM_TOOLS)).build());
    SeedSource arm64 =
        seed("cross-arch", EMULATORS).toBuilder()
            .setOptions(
                Struct.newBuilder()
                    .putFields("platform", Value.newBuilder().setStringValue("arm64").build()))
            .build();
    String command = "EVE_ECO_CMD='sleep 100000'\n";
    apps.add(
        with(FOREIGN, "foreign", VmMode.NOHYPER, 64)
            .setSeedSource(arm64)
            .setUserData(
                Base64.getEncoder().encodeToString(command.getBytes(StandardCharsets.UTF_8)))
            .build());
    byte[] disk = disk();
    EdgeDevConfig.Builder config =
        config(apps)
            .addDatastores(registry(IMAGES, registry.host()))
            .addDatastores(
                DatastoreConfig.newBuilder()
                    .setId(uuid(FILES))
                    .setDType(DsType.DsHttp)
                    .setFqdn(registry.host())
                    .setDpath("v2/files/blobs"))
            .addContentInfo(
                tree(TREE + NATIVE, IMAGES, Format.CONTAINER, "apps:busybox", busybox.digest()))
            .addContentInfo(
                tree(TREE + INSIDE, IMAGES, Format.CONTAINER, "apps:busybox", busybox.digest()))
            .addContentInfo(file(TREE + MACHINE, Format.RAW, registry.blob(disk)))
            .addContentInfo(file(TREE + JAVA, Format.JAR, registry.blob(jar)))
            .addContentInfo(
                tree(
                    TREE + FOREIGN,
                    IMAGES,
                    Format.CONTAINER,
                    "apps:arm",
                    ServedImage.putLayout(registry, arm, "arm")))
            .addContentInfo(
                tree(
                    JVM_TOOLS,
                    IMAGES,
                    Format.CONTAINER,
                    "tools:jvm",
                    ServedImage.putLayout(registry, jvm, "jvm")))
            .addContentInfo(
                tree(
                    EMULATORS,
                    IMAGES,
                    Format.CONTAINER,
                    "tools:emulators",
                    ServedImage.putLayout(registry, emulators, "emulators")));
    APPS.forEach(app -> config.addVolumes(download(VOLUME + app, TREE + app)));
    return config.build();
  }

  private static org.lfedge.eve.tasks.core.eve.api.ContentTree file(
      int id, Format format, String digest) {
    return tree(id, FILES, format, digest, digest);
  }

  @Test
  void allRunAndOneIsRestartedAlone() {
    FixtureSigners signers = new FixtureSigners(directory.resolve("signers"));
    try (FixtureRegistry registry = FixtureRegistry.plain();
        FixtureController controller = new FixtureController(signers)) {
      EdgeDevConfig wanted = wanted(registry);
      controller.config(wanted);
      try (VirtualMachines machines =
          new VirtualMachines(ControllerConfigs.node(controller, signers))) {
        PackagedNode node = machines.node();
        for (int app : APPS) {
          var unused = ControllerIT.awaitState(controller, app, ZSwState.RUNNING);
        }
        node.awaitOutput(uuid(NATIVE), "app: up");
        node.awaitOutput(uuid(MACHINE), "machine: up");
        node.awaitOutput(uuid(INSIDE), "app: up");
        node.awaitOutput(uuid(JAVA), "java: up");
        assertEquals("qemu", executor(node, MACHINE));
        assertEquals("qemu", executor(node, INSIDE));
        assertEquals("jvm", executor(node, JAVA));
        assertEquals("cross-arch", executor(node, FOREIGN));
        for (int app : APPS) {
          assertTrue(
              ControllerIT.awaitMetric(controller, app).getAppMemory().getUsedMB() > 0, uuid(app));
        }
        List<Anchor> before = anchors(node);
        AppInstanceConfig once = wanted.getApps(0).toBuilder().setRestart(count(1)).build();
        controller.config(wanted.toBuilder().setApps(0, once).build());
        Programs.await(
            "the restart of one app",
            () -> {
              List<Anchor> now = anchors(node);
              return !now.get(0).equals(before.get(0)) && now.get(0).isAlive();
            });
        List<Anchor> after = anchors(node);
        assertNotEquals(before.get(0), after.get(0));
        assertEquals(before.subList(1, before.size()), after.subList(1, after.size()));
      }
    }
  }

  private static String executor(PackagedNode node, int app) {
    return node.json("inspect", uuid(app)).path("executor").asText();
  }

  private static List<Anchor> anchors(PackagedNode node) {
    return APPS.stream().map(app -> Anchor.of(node.json("inspect", uuid(app)))).toList();
  }
}
