package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.policy.PinnedKey;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Requirement;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;
import org.lfedge.eve.tasks.core.port.TrustVerdict;

/** What the trust policy has pulled, kept and used; what it decides is its own test's matter. */
class ImageTrustTest extends ImagesFixture {

  private static final String REPOSITORY = "registry.example/vendor/web";
  private static final String NAME = REPOSITORY + ":1";

  private final TestImages made = new TestImages();
  private final KeyPair vendor = keyPair();
  private Descriptor target = new Descriptor("", "", 0);

  @BeforeEach
  void serve() {
    target = made.addIndex(List.of(Map.entry("linux/amd64", made.add(web()))));
    registries.add(made, REPOSITORY, "1", target);
    require(new Requirement.Signature(List.of(new PinnedKey("vendor", vendor.getPublic()))));
  }

  private void require(Requirement requirement) {
    trust =
        new TrustPolicy(
            List.of(new TrustPolicy.Rule("registry.example/vendor/*", requirement)), List.of());
    images = images(Platform.linux("amd64"));
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(256);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** A manifest with a signature of a digest. */
  private Descriptor sign(KeyPair keys, String digest) {
    byte[] payload =
        """
        {"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"%s"},\
        "type":"cosign container image signature"},"optional":null}"""
            .formatted(REPOSITORY, digest)
            .getBytes(StandardCharsets.UTF_8);
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(keys.getPrivate());
      signature.update(payload);
      return made.add(
          TestImages.signature(
              made, payload, Base64.getEncoder().encodeToString(signature.sign())));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private void serveSignature(Descriptor signature) {
    registries.add(made, REPOSITORY, Signatures.tag(target.digest()), signature);
  }

  private StoredImage pull() {
    return images.pull(NAME, PlatformChoice.usual(), ImagePurpose.IMAGE, PullProgress.NONE);
  }

  private void assertRefused(String code) {
    assertEquals(code, failure(this::pull));
    assertEquals(List.of(), List.copyOf(content.blobs()), "nothing of it was fetched");
  }

  @Test
  void withoutASignatureNothingIsFetched() {
    assertRefused("SIGNATURE_REQUIRED");
  }

  @Test
  void signaturesThatDoNotCountAreNone() {
    serveSignature(sign(keyPair(), target.digest()));
    assertRefused("SIGNATURE_INVALID");
    serveSignature(sign(vendor, "sha256:" + "0".repeat(64)));
    assertRefused("SIGNATURE_INVALID");
  }

  @Test
  void aSignedImageIsPulledAndCanBeJudgedWithoutANetwork() {
    serveSignature(sign(vendor, target.digest()));

    StoredImage pulled = pull();

    registries.asked();
    TrustVerdict verdict = images.judge(pulled, NAME, ImagePurpose.IMAGE);
    assertEquals("signature", verdict.requirement());
    assertTrue(verdict.key().orElseThrow().startsWith("vendor "), verdict.toString());
    assertEquals(target.digest(), verdict.digest());
    assertEquals(1, images.contents(pulled).signatures());
    assertEquals(List.of(), registries.asked());
  }

  @Test
  void aSignatureMayReferToTheImage() {
    registries.add(made, REPOSITORY, "unrelated", sign(vendor, target.digest()));
    registries.refer(target.digest(), sign(vendor, target.digest()));
    registries.add(made, REPOSITORY, "1", target);

    assertEquals("signature", images.judge(pull(), NAME, ImagePurpose.IMAGE).requirement());
  }

  @Test
  void theManifestForThisNodeMayBeTheSignedOne() {
    String manifest =
        Manifests.entries(
                Manifests.object(
                    made.blobs().getOrDefault(target.digest(), new byte[0]), "it", "it"),
                "it")
            .get(0)
            .descriptor()
            .digest();
    registries.add(made, REPOSITORY, Signatures.tag(manifest), sign(vendor, manifest));
    assertEquals("signature", images.judge(pull(), NAME, ImagePurpose.IMAGE).requirement());
  }

  @Test
  void aSignatureGoesWithItsImage() {
    serveSignature(sign(vendor, target.digest()));
    StoredImage pulled = pull();
    images.exportTo(directory.resolve("signed.tar"), List.of(pulled));
    images.remove(pulled);
    assertEquals(List.of(), List.copyOf(content.blobs()), "the signature too");

    List<StoredImage> imported =
        images.importFrom(directory.resolve("signed.tar"), PlatformChoice.usual());

    assertEquals(List.of(pulled), imported);
    assertEquals("signature", images.judge(pulled, NAME, ImagePurpose.IMAGE).requirement());
  }

  @Test
  void whatCosignSavesBringsItsSignature() {
    Descriptor signature = sign(vendor, target.digest());
    Path layout =
        made.list(target, "kind", "dev.cosignproject.cosign/imageIndex", "")
            .list(signature, "kind", "dev.cosignproject.cosign/sigs", "")
            .directory(directory.resolve("web"));
    trust =
        new TrustPolicy(
            List.of(
                new TrustPolicy.Rule(
                    "docker.io/library/web",
                    new Requirement.Signature(
                        List.of(new PinnedKey("vendor", vendor.getPublic()))))),
            List.of());
    images = images(Platform.linux("amd64"));

    StoredImage imported = images.importFrom(layout, PlatformChoice.usual()).get(0);

    assertEquals("docker.io/library/web:latest", imported.name());
    assertEquals(
        "signature", images.judge(imported, imported.name(), ImagePurpose.IMAGE).requirement());
  }

  @Test
  void anImageThatCameWithoutItsSignatureIsNotUsed() {
    require(new Requirement.Accept());
    serveSignature(sign(vendor, target.digest()));
    StoredImage pulled = pull();
    require(new Requirement.Signature(List.of(new PinnedKey("vendor", vendor.getPublic()))));

    assertEquals(
        "SIGNATURE_REQUIRED", failure(() -> images.judge(pulled, NAME, ImagePurpose.IMAGE)));

    pull();
    assertEquals("signature", images.judge(pulled, NAME, ImagePurpose.IMAGE).requirement());
  }

  @Test
  void whereADigestIsRequiredATagIsNotEnough() {
    require(new Requirement.Digest());
    assertRefused("DIGEST_REQUIRED");
    String pinned = REPOSITORY + "@" + target.digest();

    StoredImage pulled =
        images.pull(pinned, PlatformChoice.usual(), ImagePurpose.IMAGE, PullProgress.NONE);

    assertEquals("digest", images.judge(pulled, pinned, ImagePurpose.IMAGE).requirement());
    assertEquals("DIGEST_REQUIRED", failure(() -> images.judge(pulled, NAME, ImagePurpose.IMAGE)));
    assertEquals("digest", images.judge(pulled, target.digest(), ImagePurpose.IMAGE).requirement());
    assertEquals(
        Optional.of("registry.example/vendor/*"),
        images.judge(pulled, pinned, ImagePurpose.IMAGE).rule());
  }

  @Test
  void imagesOfToolsAreJudgedByRulesOfTheirOwn() {
    assertEquals(
        "DIGEST_REQUIRED",
        failure(
            () ->
                images.pull(NAME, PlatformChoice.usual(), ImagePurpose.TOOLS, PullProgress.NONE)));
    assertEquals(List.of(), List.copyOf(content.blobs()), "nothing of it was fetched");
    String pinned = REPOSITORY + "@" + target.digest();

    StoredImage pulled =
        images.pull(pinned, PlatformChoice.usual(), ImagePurpose.TOOLS, PullProgress.NONE);

    assertEquals("digest", images.judge(pulled, pinned, ImagePurpose.TOOLS).requirement());
    assertEquals("DIGEST_REQUIRED", failure(() -> images.judge(pulled, NAME, ImagePurpose.TOOLS)));
    assertEquals(
        "SIGNATURE_REQUIRED", failure(() -> images.judge(pulled, pinned, ImagePurpose.IMAGE)));
  }
}
