package org.lfedge.eve.tasks.core.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Requirement;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Rule;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageSignature;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

class TrustPolicyTest {

  private static final String WEB = "registry.local:5000/vendor/web";
  private static final String INDEX = "sha256:" + "1".repeat(64);
  private static final String MANIFEST = "sha256:" + "2".repeat(64);
  private static final String OTHER = "sha256:" + "3".repeat(64);
  private static final SortedSet<String> DIGESTS = SortedCopies.setOf(List.of(INDEX, MANIFEST));

  private static final Signer EC = Signer.ecdsa("ec.pub", "secp256r1");
  private static final Signer RSA = Signer.rsa("rsa.pub", 2048);
  private static final Signer ED = Signer.ed25519("ed.pub");
  private static final Signer STRANGER = Signer.ecdsa("stranger.pub", "secp256r1");
  private static final List<Signer> PINNED = List.of(EC, RSA, ED);

  private static final Requirement ACCEPT = new Requirement.Accept();
  private static final Requirement DIGEST = new Requirement.Digest();
  private static final Requirement SIGNATURE =
      new Requirement.Signature(PINNED.stream().map(Signer::key).toList());

  private static final TrustPolicy SIGNED = images(new Rule("*", SIGNATURE));

  private static TrustPolicy images(Rule... rules) {
    return new TrustPolicy(List.of(rules), List.of());
  }

  private static TrustPolicy tools(Rule... rules) {
    return new TrustPolicy(List.of(), List.of(rules));
  }

  private static TrustVerdict judge(TrustPolicy policy, ImagePurpose purpose, String repository) {
    return policy.judge(purpose, repository, Optional.empty(), INDEX, DIGESTS, List.of());
  }

  private static TrustVerdict judge(TrustPolicy policy, ImageSignature... signatures) {
    return policy.judge(
        ImagePurpose.IMAGE, WEB, Optional.empty(), INDEX, DIGESTS, List.of(signatures));
  }

  private static TrustVerdict judgePinned(TrustPolicy policy, ImagePurpose purpose) {
    return policy.judge(purpose, WEB, Optional.of(INDEX), INDEX, DIGESTS, List.of());
  }

  private static Problem refusal(TrustPolicy policy, ImageSignature... signatures) {
    return assertThrows(TaskException.class, () -> judge(policy, signatures)).first();
  }

  private static TrustVerdict verdict(String requirement, String rule) {
    return new TrustVerdict(requirement, Optional.of(rule), INDEX, Optional.empty());
  }

  private static void assertContains(String expected, String text) {
    assertTrue(text.contains(expected), () -> "expected '" + expected + "' in: " + text);
  }

  @Test
  void withoutRulesImagesAreAcceptedAndToolsNeedADigest() {
    TrustPolicy policy = TrustPolicy.DEFAULT;
    assertEquals(
        new TrustVerdict("accept", Optional.empty(), INDEX, Optional.empty()),
        judge(policy, ImagePurpose.IMAGE, WEB));
    Problem problem =
        assertThrows(TaskException.class, () -> judge(policy, ImagePurpose.TOOLS, WEB)).first();
    assertEquals(
        Problem.user(
            "DIGEST_REQUIRED",
            "image registry.local:5000/vendor/web: the default, as no rule of trust.tools matches,"
                + " asks for a digest in its name, which has none; name it as"
                + " registry.local:5000/vendor/web@"
                + INDEX
                + " if that is the one you mean, or change trust.tools in the node's config"),
        problem);
    assertEquals(
        new TrustVerdict("digest", Optional.empty(), INDEX, Optional.empty()),
        judgePinned(policy, ImagePurpose.TOOLS));
  }

  @Test
  void theFirstRuleThatMatchesDecidesAndThoseOfTheOtherPurposeDoNot() {
    Rule accept = new Rule("*/vendor/*", ACCEPT);
    Rule digest = new Rule("registry.local:5000/*", DIGEST);
    assertEquals(verdict("accept", "*/vendor/*"), judge(images(accept, digest)));
    assertEquals("DIGEST_REQUIRED", refusal(images(digest, accept)).code());
    assertEquals(
        verdict("digest", "registry.local:5000/*"),
        judgePinned(images(digest, accept), ImagePurpose.IMAGE));
    assertEquals(verdict("accept", "*/vendor/*"), judge(tools(accept), ImagePurpose.TOOLS, WEB));
    assertEquals(Optional.empty(), judge(tools(digest), ImagePurpose.IMAGE, WEB).rule());
  }

  @ParameterizedTest
  @CsvSource({
    "*, docker.io/library/web, true",
    "docker.io/library/web, docker.io/library/web, true",
    "docker.io/library/web, docker.io/library/web2, false",
    "docker.io/library/web, mirror/docker.io/library/web, false",
    "docker.io/*, docker.io/library/web, true",
    "docker.io/*, docker.io.evil.example/library/web, false",
    "*/web, docker.io/library/web, true",
    "*/web, docker.io/library/cobweb, false",
    "*/a*a, docker.io/a, false",
    "*/a*a, docker.io/aa, true",
    "a*b*c, axxbxxc, true",
    "a*b*c, axxcxxb, false",
    "**, x/y, true",
    "[::1]:5000/*, [::1]:5000/web, true",
    "registry.local/*, Registry.LOCAL/web, true",
    "Registry.LOCAL/*, registry.local/web, true",
    "registry.local/*, registryxlocal/web, false"
  })
  void anAsteriskStandsForAnyCharacters(String pattern, String repository, boolean matches) {
    assertEquals(matches, new Rule(pattern, ACCEPT).matches(repository));
  }

  @ParameterizedTest
  @CsvSource({"''", "registry.local/web:1.0", "web@sha256:12", "a b", "/web", "web/", "a//b"})
  void whatIsNoPatternForRepositoriesIsRefused(String pattern) {
    assertThrows(IllegalArgumentException.class, () -> new Rule(pattern, ACCEPT));
  }

  @Test
  void signaturesAreWantedWhereARuleThatDecidesAsksForThem() {
    Rule signed = new Rule("*/vendor/*", SIGNATURE);
    Rule accept = new Rule("*", ACCEPT);
    assertTrue(images(signed, accept).wantsSignature(WEB));
    assertTrue(tools(signed, accept).wantsSignature(WEB));
    assertFalse(images(accept, signed).wantsSignature(WEB), "another rule decides");
    assertFalse(images(signed, accept).wantsSignature("docker.io/library/web"));
    assertFalse(TrustPolicy.DEFAULT.wantsSignature(WEB));
  }

  @Test
  void aSignatureByAnyPinnedKeyOverTheIndexOrTheManifestIsEnough() {
    for (Signer signer : PINNED) {
      for (String digest : DIGESTS) {
        assertEquals(
            new TrustVerdict(
                "signature", Optional.of("*"), INDEX, Optional.of(signer.key().toString())),
            judge(SIGNED, signer.sign(Signer.payload(digest))));
      }
    }
  }

  @Test
  void ofManySignaturesOneThatHoldsIsEnough() {
    TrustVerdict verdict =
        judge(
            SIGNED,
            STRANGER.sign(Signer.payload(INDEX)),
            new ImageSignature(new byte[0], "!"),
            EC.sign(Signer.payload(OTHER)),
            RSA.sign(Signer.payload(INDEX)));
    assertEquals(Optional.of(RSA.key().toString()), verdict.key());
  }

  @Test
  void toolsWithASignatureNeedNoDigestInTheirName() {
    TrustVerdict verdict =
        tools(new Rule("*", SIGNATURE))
            .judge(
                ImagePurpose.TOOLS,
                WEB,
                Optional.empty(),
                INDEX,
                DIGESTS,
                List.of(ED.sign(Signer.payload(INDEX))));
    assertEquals(Optional.of(ED.key().toString()), verdict.key());
  }

  @Test
  void aDigestInTheNameDoesNotStandInForASignature() {
    Problem problem =
        assertThrows(TaskException.class, () -> judgePinned(SIGNED, ImagePurpose.IMAGE)).first();
    assertEquals("SIGNATURE_REQUIRED", problem.code());
    assertEquals(Problem.Kind.USER, problem.kind());
    assertContains(
        "image registry.local:5000/vendor/web: rule '*' of trust.images asks for a signature by ",
        problem.message());
    assertContains(EC.key() + " or " + RSA.key(), problem.message());
    assertContains(INDEX + " has none; have it signed", problem.message());
  }

  @Test
  void anImageThatIsNotTheOneAskedForIsAFaultOfTheCaller() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            TrustPolicy.DEFAULT.judge(
                ImagePurpose.IMAGE, WEB, Optional.of(OTHER), INDEX, DIGESTS, List.of()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badSignatures")
  void aSignatureThatDoesNotCountIsRefusedWithAReason(
      String name, ImageSignature signature, String reason) {
    Problem problem = refusal(SIGNED, signature);
    assertEquals("SIGNATURE_INVALID", problem.code());
    assertContains("signature 1 " + reason, problem.message());
  }

  static Stream<Arguments> badSignatures() {
    String payload = Signer.payload(INDEX);
    ImageSignature good = EC.sign(payload);
    String base64 = good.base64Signature();
    String byEc = "was made by " + EC.key();
    String notOver = "was not made over its payload by a pinned key";
    String zeros = Base64.getEncoder().encodeToString(new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0});
    return Stream.of(
        Arguments.of("wrong key", STRANGER.sign(payload), notOver),
        Arguments.of(
            "other digest",
            EC.sign(Signer.payload(OTHER)),
            byEc + ", but for another image: " + OTHER),
        Arguments.of(
            "tampered payload",
            new ImageSignature(
                Signer.payload(MANIFEST).getBytes(UTF_8),
                EC.sign(Signer.payload(OTHER)).base64Signature()),
            notOver),
        Arguments.of("reformatted payload", with(good, payload + "\n"), notOver),
        Arguments.of("truncated base64", with(good, base64, 3), "cannot be read: it is not whole"),
        Arguments.of("truncated bytes", with(good, base64, 8), notOver),
        Arguments.of("no signature", with(good, base64, base64.length()), notOver),
        Arguments.of("ECDSA of zeros", new ImageSignature(good.payload(), zeros), notOver),
        Arguments.of(
            "too large",
            EC.sign(payload + " ".repeat(ImageSignature.MAX_PAYLOAD)),
            "cannot be read: its payload has more than 64 KiB"),
        Arguments.of("no JSON", EC.sign("{"), byEc + " over a payload that is not sound JSON"),
        Arguments.of(
            "two values for one key",
            EC.sign(
                payload.replace("\"type\"", "\"image\":{\"docker-manifest-digest\":1},\"type\"")),
            byEc + " over a payload that is not sound JSON"),
        Arguments.of(
            "text after the end",
            EC.sign(payload + payload),
            byEc + " over a payload that is not sound JSON"),
        Arguments.of(
            "malformed UTF-8",
            EC.sign(new byte[] {'"', (byte) 0xff, '"'}),
            byEc + " over a payload that is not sound JSON"),
        Arguments.of(
            "deep",
            EC.sign("[".repeat(ImageSignature.MAX_PAYLOAD)),
            byEc + " over a payload that is not sound JSON"),
        Arguments.of("empty", EC.sign(""), byEc + " over something else than an image"),
        Arguments.of("list", EC.sign("[]"), byEc + " over something else than an image"),
        Arguments.of(
            "other type",
            EC.sign(payload.replace("container image signature", "attestation")),
            byEc + " over something else than an image"),
        Arguments.of(
            "no digest",
            EC.sign(Signer.payload("latest\\u001b[31m")),
            byEc + ", but for another image: no sha256 digest"));
  }

  private static ImageSignature with(ImageSignature signature, String payload) {
    return new ImageSignature(payload.getBytes(UTF_8), signature.base64Signature());
  }

  /** With the end of its base64 cut off. */
  private static ImageSignature with(ImageSignature signature, String base64, int less) {
    return new ImageSignature(signature.payload(), base64.substring(0, base64.length() - less));
  }

  @Test
  void theMessageTellsOfEachSignatureUpToABound() {
    ImageSignature bad = new ImageSignature(new byte[0], "!");
    assertContains(
        "signature 1 cannot be read: it is not whole base64; signature 2 was made by "
            + EC.key()
            + ", but for another image: "
            + OTHER
            + "; do not run it",
        refusal(SIGNED, bad, EC.sign(Signer.payload(OTHER))).message());
    ImageSignature[] many = Stream.generate(() -> bad).limit(10).toArray(ImageSignature[]::new);
    assertContains("; and 2 more that do not; do not run it", refusal(SIGNED, many).message());
  }

  @Test
  void lineBreaksInTheBase64DoNotMatter() {
    ImageSignature signature = RSA.sign(Signer.payload(INDEX));
    String broken = signature.base64Signature().replaceAll("(.{64})", "$1\r\n") + "\n";
    assertEquals(
        Optional.of(RSA.key().toString()),
        judge(SIGNED, new ImageSignature(signature.payload(), broken)).key());
  }

  @Property
  void whateverByteOfAPayloadOrSignatureIsChangedItIsRefused(
      @ForAll @IntRange(max = 2) int signer,
      @ForAll @IntRange(max = 2) int part,
      @ForAll int position,
      @ForAll @IntRange(min = 1, max = 127) int change) {
    ImageSignature whole = PINNED.get(signer).sign(Signer.payload(INDEX));
    assertEquals(Optional.of(PINNED.get(signer).key().toString()), judge(SIGNED, whole).key());
    byte[] payload = whole.payload();
    byte[] bytes = Base64.getDecoder().decode(whole.base64Signature());
    byte[] text = whole.base64Signature().getBytes(UTF_8);
    byte[] changed = List.of(payload, bytes, text).get(part);
    changed[Math.floorMod(position, changed.length)] ^= (byte) change;
    String base64 = part == 2 ? new String(text, UTF_8) : Base64.getEncoder().encodeToString(bytes);
    Problem problem = refusal(SIGNED, new ImageSignature(payload, base64));
    assertEquals("SIGNATURE_INVALID", problem.code(), problem::message);
  }

  @Test
  void aSignatureMadeWithOpensslHolds(@TempDir Path directory)
      throws IOException, InterruptedException {
    Files.writeString(directory.resolve("payload"), Signer.payload(MANIFEST));
    openssl(directory, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key");
    openssl(directory, "ec", "-in", "key", "-pubout", "-out", "key.pub");
    openssl(directory, "dgst", "-sha256", "-sign", "key", "-out", "signature", "payload");
    openssl(directory, "base64", "-in", "signature", "-out", "signature.base64");

    PinnedKey key = PinnedKey.parse("key.pub", Files.readString(directory.resolve("key.pub")));
    TrustPolicy policy = images(new Rule("*", new Requirement.Signature(List.of(key))));
    ImageSignature signature =
        new ImageSignature(
            Files.readAllBytes(directory.resolve("payload")),
            Files.readString(directory.resolve("signature.base64")));
    assertEquals(
        new TrustVerdict("signature", Optional.of("*"), INDEX, Optional.of(key.toString())),
        judge(policy, signature));
  }

  private static void openssl(Path directory, String... arguments)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(Stream.concat(Stream.of("openssl"), Stream.of(arguments)).toList())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), () -> "openssl " + List.of(arguments) + ": " + output);
  }
}
