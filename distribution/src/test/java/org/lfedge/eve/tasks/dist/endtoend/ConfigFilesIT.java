package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.app;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.blank;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.config;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.count;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.download;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.mounted;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.tree;
import static org.lfedge.eve.tasks.dist.endtoend.ControllerConfigs.uuid;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.DatastoreConfig;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/** A node does what configs of a controller say that lie in a directory. */
class ConfigFilesIT {

  private static final int STORE = 1;
  private static final int TREE = 2;
  private static final int ROOT = 3;
  private static final int DATA = 4;
  private static final int WEB = 5;
  private static final int WRONG = 6;

  private static final String SCRIPT =
      "echo >> /data/starts; echo start $(wc -l < /data/starts); "
          + "trap 'exit 0' TERM; while :; do sleep 1; done";

  private static void prepare(PackagedNode node) {
    try {
      Files.createDirectory(node.directory().resolve("configs"));
      Files.writeString(
          node.config(),
          "controller: {config: %s}\n".formatted(node.directory().resolve("configs")),
          java.nio.file.StandardOpenOption.APPEND);
      var unused =
          BusyboxImage.layout(
              node.documents().resolve("web"),
              "web:1",
              BusyboxImage.image()
                  .settings(settings -> settings.putArray("Cmd").add("sh").add("-c").add(SCRIPT)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static EdgeDevConfig wanted(PackagedNode node, AppInstanceConfig.Builder... apps) {
    return config(Stream.of(apps).map(AppInstanceConfig.Builder::build).toList())
        .addDatastores(
            DatastoreConfig.newBuilder().setId(uuid(STORE)).setFqdn("file://" + node.documents()))
        .addContentInfo(tree(TREE, STORE, Format.CONTAINER, "web", ""))
        .addVolumes(download(ROOT, TREE))
        .addVolumes(blank(DATA, 16 << 20))
        .build();
  }

  private static AppInstanceConfig.Builder web() {
    return app(WEB, "web", VmMode.NOHYPER, 32)
        .addVolumeRefList(mounted(ROOT, ""))
        .addVolumeRefList(mounted(DATA, "/data"));
  }

  private static void put(PackagedNode node, String name, byte[] bytes) throws IOException {
    Path unfinished = node.directory().resolve(name);
    Files.write(unfinished, bytes);
    Files.move(
        unfinished,
        node.directory().resolve("configs").resolve(name),
        StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void filesSayWhichAppsThereAre() throws IOException {
    try (PackagedNode node = new PackagedNode(List.of(), ConfigFilesIT::prepare)) {
      byte[] json = JsonFormat.printer().print(wanted(node, web())).getBytes("UTF-8");
      put(node, "node.json", json);
      node.awaitOutput(uuid(WEB), "start 1");
      Anchor first = Anchor.of(node.json("inspect", uuid(WEB)));

      // A second file adds to the first; what is wrong with one app is told of that one.
      EdgeDevConfig more =
          EdgeDevConfig.newBuilder().addApps(app(WRONG, "wrong", VmMode.NOHYPER, 32)).build();
      put(node, "more.pb", more.toByteArray());
      Programs.await(
          "the app that cannot be to be told",
          () -> apps(node).toString().contains("volumeRefList"));
      assertEquals(2, apps(node).size());
      assertEquals(first, Anchor.of(node.json("inspect", uuid(WEB))));
      assertTrue(node.taskctl("node").expect(0).out().contains("App " + uuid(WRONG)));

      // A file that is no config changes nothing.
      put(node, "broken.json", "{\"apps\": [".getBytes("UTF-8"));
      Programs.await(
          "it to be told",
          () -> node.daemonLog().contains("broken.json: the config cannot be read"));
      Files.delete(node.directory().resolve("configs").resolve("broken.json"));

      node.kill();
      node.start();
      assertEquals(first, Anchor.of(node.json("inspect", uuid(WEB))));
      byte[] again =
          JsonFormat.printer().print(wanted(node, web().setRestart(count(1)))).getBytes("UTF-8");
      put(node, "node.json", again);
      node.awaitOutput(uuid(WEB), "start 2");
      assertNotEquals(first, Anchor.of(node.json("inspect", uuid(WEB))));

      Files.delete(node.directory().resolve("configs").resolve("node.json"));
      Programs.await("the app to go", () -> node.json("list").isEmpty());
      Programs.await("its volume to go", () -> node.json("volumes", "list").isEmpty());
    }
  }

  private static JsonNode apps(PackagedNode node) {
    return node.json("node").at("/controller/apps");
  }
}
