package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.image.TestImages;
import org.lfedge.eve.tasks.core.image.TestLayer;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * Images that must be signed, with keys and signatures made by {@code openssl} and stored as {@code
 * cosign} documents it: beside the image, under a tag made of its digest.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrustIT {

  private static final String OTHER_DIGEST = "sha256:" + "0".repeat(64);

  private final DebianRegistry registry = new DebianRegistry();
  private final PackagedNode node;

  TrustIT() {
    openssl("ecparam -name prime256v1 -genkey -noout -out vendor.key");
    openssl("ec -in vendor.key -pubout -out vendor.pub");
    openssl("ecparam -name prime256v1 -genkey -noout -out stranger.key");
    node =
        new PackagedNode(
            List.of(),
            registry.nodeConfig()
                + """
                trust:
                  images:
                    - {name: "*/vendor/*", require: signature, keys: [%s/vendor.pub]}
                    - {name: "*/pinned/*", require: digest}
                  tools:
                    - {name: "*", require: signature, keys: [%s/vendor.pub]}
                """
                    .formatted(registry.directory(), registry.directory()));
  }

  @AfterAll
  void close() {
    node.close();
    registry.close();
  }

  private void openssl(String arguments) {
    Programs.run(List.of("sh", "-c", "cd '" + registry.directory() + "' && openssl " + arguments))
        .expect(0);
  }

  /** Pushes an image that no other is, and returns what its tag stands for. */
  private Descriptor push(String repository) {
    TestImages made = new TestImages();
    Descriptor image = made.add(BusyboxImage.image().layer(new TestLayer().file("of", repository)));
    registry.push(made, repository, "1", image);
    return image;
  }

  private static String payload(String digest) {
    return """
        {"critical":{"identity":{"docker-reference":"vendor"},"image":\
        {"docker-manifest-digest":"%s"},"type":"cosign container image signature"},\
        "optional":null}"""
        .formatted(digest);
  }

  /**
   * Puts a signature beside an image.
   *
   * @param signed what the key signs
   * @param stored what is said to be signed
   */
  private void sign(String repository, Descriptor image, String key, String signed, String stored) {
    Path directory = registry.directory();
    try {
      Files.writeString(directory.resolve("payload"), signed);
      openssl("dgst -sha256 -sign " + key + ".key -out signature payload");
      openssl("base64 -A -in signature -out signature.txt");
      String signature = Files.readString(directory.resolve("signature.txt")).strip();
      TestImages made = new TestImages();
      Descriptor manifest =
          made.add(TestImages.signature(made, stored.getBytes(StandardCharsets.UTF_8), signature));
      String tag = image.digest().replace(':', '-') + ".sig";
      registry.push(made, repository, tag, manifest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void assertRefused(String repository, String code, String reason) {
    long before = registry.blobsServed();
    Programs.Result refused =
        node.taskctl("-o", "json", "create", document("refused", repository + ":1"));
    assertEquals(List.of(code), refused.errorCodes(), refused.err());
    assertTrue(refused.err().contains(reason), refused.err());
    assertEquals(0, node.json("list").size());
    assertEquals(List.of(), Traces.of(node).get("images"));
    // The config, and what belongs to signatures; no layer.
    assertTrue(registry.blobsServed() - before <= 3, registry.log());
  }

  private String document(String task, String image) {
    return node.document(
        task + ".yaml",
        """
        name: %s
        root: {image: "%s/%s"}
        command: [sh, -c, "echo up; while :; do sleep 1000; done"]
        resources: {memory: 32MiB}
        restart: {policy: never}
        """
            .formatted(task, registry.host(), image));
  }

  /** Nothing of them is looked at before, also no label that says which executor they bring. */
  @Test
  void toolsThatAreNotSignedAreRefusedToo() {
    Descriptor tools = push("tools/unsigned");
    String name = registry.host() + "/tools/unsigned@" + tools.digest();
    String document =
        node.document(
            "tools.yaml", "name: tools\ntools: \"" + name + "\"\nresources: {memory: 32MiB}\n");
    Programs.Result refused = node.taskctl("-o", "json", "apply", document);
    assertTrue(refused.err().contains("SIGNATURE_REQUIRED"), refused.err());
    assertEquals(0, node.json("list").size());
    assertEquals(List.of(), Traces.of(node).get("images"));
  }

  @Test
  void whatIsNotSignedAsItMustBeIsRefused() {
    var unsigned = push("vendor/unsigned");
    assertTrue(unsigned.size() > 0);
    assertRefused("vendor/unsigned", "SIGNATURE_REQUIRED", "vendor/unsigned");

    Descriptor stranger = push("vendor/stranger");
    String text = payload(stranger.digest());
    sign("vendor/stranger", stranger, "stranger", text, text);
    assertRefused("vendor/stranger", "SIGNATURE_INVALID", "by a pinned key");

    Descriptor other = push("vendor/other");
    sign("vendor/other", other, "vendor", payload(OTHER_DIGEST), payload(OTHER_DIGEST));
    assertRefused("vendor/other", "SIGNATURE_INVALID", OTHER_DIGEST);

    Descriptor tampered = push("vendor/tampered");
    sign("vendor/tampered", tampered, "vendor", payload(OTHER_DIGEST), payload(tampered.digest()));
    assertRefused("vendor/tampered", "SIGNATURE_INVALID", "by a pinned key");
  }

  @Test
  void aSignedImageRunsAlsoWithoutItsRegistry() {
    Descriptor image = push("vendor/good");
    String text = payload(image.digest());
    sign("vendor/good", image, "vendor", text, text);
    node.taskctl("run", "-d", document("good", "vendor/good:1")).expect(0);
    node.awaitOutput("good", "up");
    JsonNode trust = node.json("inspect", "good").path("imageTrust");
    assertEquals("signature", trust.path("requirement").asText(), trust.toString());
    assertEquals("*/vendor/*", trust.path("rule").asText());
    assertTrue(trust.path("key").asText().contains("vendor.pub SHA256:"), trust.toString());
    long asked = registry.log().lines().count();

    node.taskctl("run", "-d", document("again", "vendor/good:1")).expect(0);

    node.awaitOutput("again", "up");
    assertEquals(asked, registry.log().lines().count(), "nothing is asked of the registry");
    for (String task : List.of("good", "again")) {
      node.taskctl("delete", "--force", task).expect(0);
    }
    node.taskctl("images", "prune").expect(0);
  }

  @Test
  void whereADigestIsRequiredATagIsNotEnough() {
    Descriptor image = push("pinned/web");
    assertRefused("pinned/web", "DIGEST_REQUIRED", "pinned/web");
    node.taskctl("run", "-d", document("pinned", "pinned/web@" + image.digest())).expect(0);
    node.awaitOutput("pinned", "up");
    node.taskctl("delete", "--force", "pinned").expect(0);
    node.taskctl("images", "prune").expect(0);
  }
}
