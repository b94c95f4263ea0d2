package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/**
 * The identity that a node makes for itself: a key on P-256 and a certificate that it signs itself,
 * for 20 years. It is made by {@code keytool} of the running JDK, once, in a file beside the one
 * that is used, and renamed when it is whole.
 */
final class KeptIdentity {

  private static final String ALIAS = "device";
  private static final long PATIENCE_SECONDS = 120;
  private static final int MAX_WORDS = 500;

  /** Whom the file is for is said by its mode; the format wants a password all the same. */
  private static final String PASSWORD = "taskmanager";

  private static final String FILE = "device.p12";

  private final DurableFiles files;
  private final Path file;

  KeptIdentity(Path stateDirectory) {
    this.files = new DurableFiles(stateDirectory);
    this.file = stateDirectory.resolve(FILE);
  }

  /**
   * Reads the identity, or makes it if there is none.
   *
   * @throws TaskException IDENTITY_UNUSABLE if there is one that cannot be read: it is never
   *     replaced, as the controller would take the node for another; CONTROLLER_STATE
   */
  DeviceIdentity get() {
    try {
      if (!Files.exists(file)) {
        make();
      }
    } catch (IOException e) {
      throw ControllerProblems.state("make the key of this node in " + file, e);
    }
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, PASSWORD.toCharArray());
      if (store.getKey(ALIAS, PASSWORD.toCharArray()) instanceof PrivateKey key
          && store.getCertificate(ALIAS) instanceof X509Certificate certificate) {
        return DeviceIdentity.checked(
            new DeviceIdentity(key, certificate, pem(certificate)), file.toString());
      }
      throw DeviceIdentity.unusable(file + " has no key");
    } catch (IOException | GeneralSecurityException e) {
      throw DeviceIdentity.unusable(file + " cannot be read: " + e.getMessage());
    }
  }

  private void make() throws IOException {
    Path unfinished = files.unfinished(FILE);
    Files.deleteIfExists(unfinished);
    Path words = file.resolveSibling("keytool.log");
    try {
      Process process =
          new ProcessBuilder(command(unfinished))
              .redirectErrorStream(true)
              .redirectOutput(words.toFile())
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("keytool did not end within " + PATIENCE_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        String text = Files.readString(words).strip();
        throw new IOException(
            "keytool ended with "
                + process.exitValue()
                + ": "
                + text.substring(0, Math.min(text.length(), MAX_WORDS)));
      }
      Files.setPosixFilePermissions(unfinished, PosixFilePermissions.fromString("rw-------"));
      files.publish(FILE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("it was broken off", e);
    } finally {
      Files.deleteIfExists(words);
    }
  }

  private static List<String> command(Path target) {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
        "-J-Xmx64m",
        "-genkeypair",
        "-alias",
        ALIAS,
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-sigalg",
        "SHA256withECDSA",
        "-validity",
        "7300",
        "-dname",
        "CN=taskmanager node",
        "-storetype",
        "PKCS12",
        "-keystore",
        target.toString(),
        "-storepass",
        PASSWORD);
  }

  private static ByteString pem(X509Certificate certificate) throws GeneralSecurityException {
    String body =
        Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
    return ByteString.copyFrom(
        "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n",
        StandardCharsets.US_ASCII);
  }
}
