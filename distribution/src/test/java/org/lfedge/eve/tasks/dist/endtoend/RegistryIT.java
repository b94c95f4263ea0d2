package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.image.TestImages.Image;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/** Images from Debian's docker-registry, by the packaged daemon and beside containerd's client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryIT {

  private static final String LIVES = "[sh, -c, \"echo up; while :; do sleep 1000; done\"]";

  private final DebianRegistry registry = new DebianRegistry();
  private final PackagedNode node = new PackagedNode(List.of(), registry.nodeConfig());

  @AfterAll
  void close() {
    node.close();
    registry.close();
  }

  private String name(String repositoryAndTag) {
    return registry.host() + "/" + repositoryAndTag;
  }

  private static String machine() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }

  private String document(String task, String image, String more) {
    return node.document(
        task + ".yaml",
        """
        name: %s
        root: {image: "%s"%s}
        command: %s
        resources: {memory: 32MiB}
        restart: {policy: never}
        """
            .formatted(task, image, more, LIVES));
  }

  private void removeAll() {
    for (JsonNode task : node.json("list")) {
      node.taskctl("delete", "--force", task.path("name").asText()).expect(0);
    }
    node.taskctl("images", "prune").expect(0);
    SortedMap<String, List<String>> traces = Traces.of(node);
    for (String kind : List.of("images", "blobs", "snapshots", "leases", "unfinished blobs")) {
      List<String> left =
          traces.getOrDefault(kind, List.of()).stream()
              .filter(line -> !line.startsWith("KEY"))
              .toList();
      assertEquals(List.of(), left, kind);
    }
  }

  @Test
  void anImageIsPulledAndRunAndPulledAgainWithoutABlob() {
    TestImages made = new TestImages();
    registry.push(made, "team/web", "1", made.add(BusyboxImage.image()));
    String image = name("team/web:1");

    JsonNode pulled = node.json("images", "pull", image).path(0);
    assertEquals(image, pulled.path("name").asText());
    long served = registry.blobsServed();
    assertTrue(served >= 2, registry.log());
    node.taskctl("run", "-d", document("pulled", image, ", pull: always")).expect(0);
    node.awaitOutput("pulled", "up");
    node.taskctl("images", "pull", image).expect(0);
    assertEquals(served, registry.blobsServed());

    String checked = node.ctr("images", "check", "name==" + image).out();
    assertTrue(checked.contains("complete"), checked);
    JsonNode trust = node.json("inspect", "pulled").path("imageTrust");
    assertEquals("accept", trust.path("requirement").asText(), trust.toString());
    assertEquals(pulled.path("digest"), trust.path("digest"));
    assertEquals("pulled", node.json("images", "inspect", image).path("tasks").path(0).asText());
    Programs.Result refused = node.taskctl("-o", "json", "images", "remove", image);
    assertEquals(List.of("IMAGE_IN_USE"), refused.errorCodes());
    assertEquals("[ ]", node.taskctl("-o", "json", "images", "prune").expect(0).out().strip());
    removeAll();
  }

  @Test
  void aTaskBringsItsImageUnlessItMustNot() {
    TestImages made = new TestImages();
    registry.push(made, "team/brought", "1", made.add(BusyboxImage.image()));
    String image = name("team/brought:1");

    Programs.Result refused =
        node.taskctl("-o", "json", "create", document("never", image, ", pull: never"));
    assertEquals(List.of("IMAGE_NOT_FOUND"), refused.errorCodes());
    node.taskctl("apply", document("brought", image, "")).expect(0);
    node.awaitOutput("brought", "up");

    registry.push(made, "team/brought", "1", made.add(marked("newer")));
    long before = registry.blobsServed();
    node.taskctl("create", document("missing", image, "")).expect(0);
    assertEquals(before, registry.blobsServed(), "it is there");
    node.taskctl("create", document("always", image, ", pull: always")).expect(0);
    assertTrue(registry.blobsServed() > before, "its tag has moved");
    removeAll();
  }

  private static Image foreign(String architecture) {
    return new Image()
        .config(config -> config.put("architecture", architecture))
        .layer(new TestLayer().file("for", architecture));
  }

  @Test
  void platformsOfAnImageAreBesideOneAnotherAndAForeignOneIsRefused() {
    TestImages made = new TestImages();
    Descriptor riscv = made.add(foreign("riscv64"));
    Descriptor s390x = made.add(foreign("s390x"));
    Descriptor own = made.add(BusyboxImage.image());
    Descriptor index =
        made.addIndex(
            List.of(
                Map.entry("linux/riscv64", riscv),
                Map.entry("linux/s390x", s390x),
                Map.entry("linux/" + machine(), own)));
    registry.push(made, "team/multi", "1", index);
    registry.push(
        made,
        "team/foreign",
        "1",
        made.addIndex(List.of(Map.entry("linux/riscv64", riscv), Map.entry("linux/s390x", s390x))));
    String image = name("team/multi:1");

    node.taskctl("images", "pull", "--platform", "riscv64", image).expect(0);
    node.taskctl("run", "-d", document("multi", image, "")).expect(0);
    node.awaitOutput("multi", "up");
    JsonNode listed = node.json("images", "list").path(0);
    assertEquals(
        "[\"linux/" + machine() + "\",\"linux/riscv64\"]", listed.path("platforms").toString());
    assertEquals(
        "linux/" + machine(), node.json("images", "inspect", image).path("platform").asText());
    assertEquals(
        List.of("NO_MATCHING_PLATFORM"),
        node.taskctl("-o", "json", "images", "pull", "--platform", "arm/v5", image).errorCodes());
    assertEquals(
        List.of("BAD_PLATFORM"),
        node.taskctl("-o", "json", "images", "pull", "--platform", "vax", image).errorCodes());

    long served = registry.blobsServed();
    Programs.Result refused =
        node.taskctl("-o", "json", "create", document("foreign", name("team/foreign:1"), ""));
    assertEquals(List.of("IMAGE_FOR_OTHER_PLATFORM"), refused.errorCodes());
    assertTrue(refused.err().contains("linux/riscv64, linux/s390x"), refused.err());
    assertEquals(served, registry.blobsServed(), "nothing of it is fetched");

    // What another pull collects is not what a name has.
    node.taskctl("images", "pull", "--platform", "s390x", name("team/foreign:1")).expect(0);
    node.taskctl("images", "remove", name("team/foreign:1")).expect(0);
    String archive = node.documents().resolve("multi.oci.tar").toString();
    node.taskctl("images", "export", image, "--to", archive).expect(0);
    node.taskctl("delete", "--force", "multi").expect(0);
    node.taskctl("images", "remove", image).expect(0);
    node.taskctl("images", "import", "--platform", "linux/riscv64", archive).expect(0);
    assertEquals(
        "[\"linux/riscv64\"]", node.json("images", "list").path(0).path("platforms").toString());
    removeAll();
  }

  private static Image marked(String text) {
    return BusyboxImage.image().layer(new TestLayer().file("mark", text));
  }

  @Test
  void anIndexGivesThisMachinesImage() {
    TestImages made = new TestImages();
    Descriptor arm =
        made.add(
            marked("arm/v7")
                .config(config -> config.put("architecture", "arm").put("variant", "v7")));
    Descriptor amd =
        made.add(marked("amd64").config(config -> config.put("architecture", "amd64")));
    Descriptor arm64 =
        made.add(
            marked("arm64")
                .config(config -> config.put("architecture", "arm64").put("variant", "v8")));
    Descriptor index =
        made.addIndex(
            List.of(
                Map.entry("linux/arm/v7", arm),
                Map.entry("linux/arm64/v8", arm64),
                Map.entry("linux/amd64", amd)));
    registry.push(made, "team/many", "1", index);

    JsonNode pulled = node.json("images", "pull", name("team/many:1")).path(0);

    assertEquals(index.digest(), pulled.path("digest").asText());
    JsonNode image = node.json("images", "inspect", name("team/many:1"));
    assertEquals(
        (machine().equals("amd64") ? amd : arm64).digest(), image.path("manifestDigest").asText());
    removeAll();
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"oci, gzip", "oci, zstd", "v2s2, gzip"})
  void whatSkopeoPushesRuns(String format, String compression) {
    Path layout =
        BusyboxImage.layout(
            node.documents().resolve("l" + format + compression),
            "web:1",
            BusyboxImage.image().compression(Compression.NONE));
    String image = name("skopeo/" + format + "-" + compression + ":1");
    skopeoPush(
        "oci:" + layout + ":web:1",
        image,
        "--format=" + format,
        "--dest-compress-format=" + compression);

    node.taskctl("run", "-d", document("skopeo", image, "")).expect(0);
    node.awaitOutput("skopeo", "up");
    removeAll();
  }

  private void skopeoPush(String source, String image, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "skopeo",
                "copy",
                "--quiet",
                "--dest-cert-dir=" + certificates(),
                "--dest-creds=" + DebianRegistry.USER + ":" + DebianRegistry.PASSWORD));
    command.addAll(List.of(options));
    command.addAll(List.of(source, "docker://" + image));
    Programs.run(command).expect(0);
  }

  /** Where skopeo looks for CAs: a directory with nothing but them. */
  private Path certificates() {
    Path directory = registry.directory().resolve("certs");
    Programs.run(
            List.of(
                "sh",
                "-c",
                "mkdir -p " + directory + " && cp " + registry.ca() + " " + directory + "/ca.crt"))
        .expect(0);
    return directory;
  }

  @Test
  void whatUmociMakesRuns() {
    Path layout = node.documents().resolve("umoci");
    Path bundle = node.documents().resolve("bundle");
    String umoci = "umoci %s --image " + layout + ":1 ";
    Programs.run(
            List.of(
                "sh",
                "-e",
                "-c",
                "umoci init --layout "
                    + layout
                    + "; "
                    + umoci.formatted("new")
                    + "; "
                    + umoci.formatted("unpack")
                    + bundle
                    + "; cp -a "
                    + node.busyboxRoot()
                    + "/. "
                    + bundle
                    + "/rootfs/"
                    + "; "
                    + umoci.formatted("repack")
                    + bundle
                    + "; rm -rf "
                    + bundle))
        .expect(0);
    String image = name("umoci/made:1");
    skopeoPush("oci:" + layout + ":1", image);

    node.taskctl("run", "-d", document("umoci", image, "")).expect(0);
    node.awaitOutput("umoci", "up");
    removeAll();
  }

  @Test
  void containerdsClientStartsOursAndWeStartIts() {
    TestImages made = new TestImages();
    registry.push(made, "team/both", "1", made.add(BusyboxImage.image()));
    String image = name("team/both:1");
    node.taskctl("images", "pull", image).expect(0);

    Programs.Result run = node.ctr("run", "--rm", image, "by-ctr", "/bin/sh", "-c", "echo by ctr");
    assertEquals("by ctr", run.out().strip());

    node.taskctl("images", "remove", image).expect(0);
    node.ctr(
        "images",
        "pull",
        "--hosts-dir=" + hosts(),
        "--user=" + DebianRegistry.USER + ":" + DebianRegistry.PASSWORD,
        image);
    long served = registry.blobsServed();
    node.taskctl("run", "-d", document("its", image, "")).expect(0);
    node.awaitOutput("its", "up");
    assertEquals(served, registry.blobsServed());
    removeAll();
  }

  /** For containerd's client, which takes a registry on localhost for one without TLS. */
  private Path hosts() {
    Path directory = registry.directory().resolve("hosts");
    try {
      Path host = Files.createDirectories(directory.resolve(registry.host()));
      Files.writeString(
          host.resolve("hosts.toml"),
          "server = \"https://%1$s\"\n[host.\"https://%1$s\"]\nca = \"%2$s\"\n"
              .formatted(registry.host(), registry.ca()));
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anExportComesBackAsItWas() {
    TestImages made = new TestImages();
    Descriptor index =
        made.addIndex(List.of(Map.entry("linux/" + machine(), made.add(BusyboxImage.image()))));
    registry.push(made, "team/export", "1", index);
    String image = name("team/export:1");
    JsonNode pulled = node.json("images", "pull", image);
    String archive = node.documents().resolve("out.tar").toString();
    node.taskctl("images", "export", image, "--to", archive).expect(0);
    removeAll();

    assertEquals(pulled, node.json("images", "import", archive));

    node.taskctl("run", "-d", document("again", image, ", pull: never")).expect(0);
    node.awaitOutput("again", "up");
    removeAll();
  }

  @Test
  void wrongNamesAndPasswordsAreTold() {
    TestImages made = new TestImages();
    registry.push(made, "team/there", "1", made.add(BusyboxImage.image()));
    assertEquals(
        List.of("IMAGE_NOT_IN_REGISTRY"),
        node.taskctl("-o", "json", "images", "pull", name("team/there:2")).errorCodes());
    assertEquals(
        List.of("BAD_IMAGE_NAME"),
        node.taskctl("-o", "json", "images", "pull", "Not A Name").errorCodes());
    Programs.Result denied;
    try (PackagedNode stranger =
        new PackagedNode(List.of(), registry.nodeConfig().replaceAll(", username.*}", "}"))) {
      denied = stranger.taskctl("-o", "json", "images", "pull", name("team/there:1"));
    }
    assertEquals(List.of("REGISTRY_DENIED"), denied.errorCodes());
    assertTrue(denied.err().contains("without credentials"), denied.err());
  }
}
