package org.lfedge.eve.tasks.core.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PinnedKeyTest {

  /** Made with {@code openssl ecparam -name secp256k1 -genkey}. */
  private static final String SECP256K1 =
      """
      -----BEGIN PUBLIC KEY-----
      MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEehmMm/+BuA0N3Oq4pZt4q0CwERAJJ479
      m7fzNtuYMl5A+Y4nf4gyNlQH1nwGamPh3Ku1/RtgON1SEcb7VsH8iQ==
      -----END PUBLIC KEY-----
      """;

  private static final Signer EC = Signer.ecdsa("ec.pub", "secp256r1");

  private static byte[] encoded() {
    return EC.pair().getPublic().getEncoded();
  }

  private static byte[] encoded(String kind) {
    try {
      return KeyPairGenerator.getInstance(kind).generateKeyPair().getPublic().getEncoded();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] withLastByteFlipped(byte[] bytes) {
    byte[] flipped = bytes.clone();
    flipped[flipped.length - 1] ^= 1;
    return flipped;
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void keysOfTheAcceptedKindsAreRead(Signer signer) {
    PinnedKey key = signer.key();
    assertEquals(signer.pair().getPublic(), key.key());
    assertEquals(signer.name() + " " + key.fingerprint(), key.toString());
  }

  static Stream<Signer> accepted() {
    return Stream.of(
        EC,
        Signer.ecdsa("p384", "secp384r1"),
        Signer.ecdsa("p521", "secp521r1"),
        Signer.rsa("rsa", 2048),
        Signer.ed25519("ed"));
  }

  /** The digest was made with {@code openssl pkey -pubin -outform DER | openssl dgst -sha256}. */
  @Test
  void theFingerprintIsTheDigestOfTheEncodedKey() {
    PinnedKey key =
        PinnedKey.parse(
            "k",
            """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAoRbY3X/lyOKJ/lfyjLXvi5YSsw/o4VYYMmhG79js9Mc=
            -----END PUBLIC KEY-----
            """);
    assertEquals("SHA256:QN+LgeYwY8UpsAYsQcyJ+CWovsci6SaY1lppmyT203o", key.fingerprint());
  }

  @Test
  void lineEndsAndTextAroundTheBlockDoNotMatter() {
    String pem = "made in May\n" + Signer.pem(encoded()) + "for the vendor\n";
    assertEquals(EC.key().key(), PinnedKey.parse("k", pem.replace("\n", "\r\n")).key());
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("refused")
  void whatIsNoSoundKeyIsRefusedWithAReason(String pem, String reason) {
    IllegalArgumentException failure =
        assertThrows(IllegalArgumentException.class, () -> PinnedKey.parse("k", pem));
    String message = String.valueOf(failure.getMessage());
    assertTrue(message.contains(reason), () -> "expected '" + reason + "' in: " + message);
  }

  static Stream<Arguments> refused() {
    String good = Signer.pem(encoded());
    return Map.ofEntries(
            Map.entry("", "holds no PEM block"),
            Map.entry(good.substring(0, good.length() - 30), "is cut off"),
            Map.entry(good + good, "more than one PEM block"),
            Map.entry(good.replace("PUBLIC", "PRIVATE"), "does not belong on a node"),
            Map.entry(good.replace("PUBLIC KEY", "CERTIFICATE"), "openssl x509 -pubkey"),
            Map.entry(good.replace("PUBLIC", "RSA PUBLIC"), "converts it"),
            Map.entry(good.replace("KEY-----\nM", "KEY-----\n!"), "not base64"),
            Map.entry(Signer.pem(new byte[91]), "no accepted kind or damaged"),
            Map.entry(Signer.pem(Arrays.copyOf(encoded(), 80)), "no accepted kind or damaged"),
            Map.entry(Signer.pem(Arrays.copyOf(encoded(), 94)), "more in its block"),
            Map.entry(Signer.pem(withLastByteFlipped(encoded())), "does not lie on its curve"),
            Map.entry(Signer.pem(encoded("RSASSA-PSS")), "no accepted kind"),
            Map.entry(Signer.pem(encoded("DSA")), "no accepted kind"),
            Map.entry(Signer.pem(encoded("Ed448")), "no accepted kind"),
            Map.entry(Signer.pem(encoded("X25519")), "no accepted kind"),
            Map.entry(SECP256K1, "P-256, P-384"),
            Map.entry(
                Signer.pem(Signer.rsa("weak", 1024).pair().getPublic().getEncoded()),
                "an RSA key of 1024 bits; 2048 is the least"))
        .entrySet()
        .stream()
        .map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  @Test
  void aKeyThatWasNotReadFromTextIsCheckedToo() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> new PinnedKey("weak", Signer.rsa("weak", 1024).pair().getPublic()));
    assertEquals("is an RSA key of 1024 bits; 2048 is the least", failure.getMessage());
  }
}
