package org.lfedge.eve.tasks.core.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A private CA, and certificates of a server and a client below it; made by {@code openssl}. */
public final class FixtureCertificates {

  private static final char[] PASSWORD = "fixture".toCharArray();

  private static final int DAYS = 2;

  private final Path directory;

  /** Makes them in a directory. */
  public FixtureCertificates(Path directory) {
    this.directory = directory;
    root("ca");
    make("server", "subjectAltName=DNS:localhost,DNS:registry.test,IP:127.0.0.1");
    make("client", "extendedKeyUsage=clientAuth");
  }

  private void make(String name, String extension) {
    issue(name, "ca", extension, DAYS);
    openssl(
        "pkcs12",
        "-export",
        "-inkey",
        name + ".key",
        "-in",
        name + ".pem",
        "-certfile",
        "ca.pem",
        "-passout",
        "pass:fixture",
        "-out",
        name + ".p12");
  }

  /** Makes a certificate that is signed by its own key, and may issue others. */
  public void root(String name) {
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "800",
        "-subj",
        "/CN=Fixture " + name,
        "-keyout",
        name + ".key",
        "-out",
        name + ".pem");
  }

  /**
   * Makes a certificate below another.
   *
   * @param extension lines of extensions in the words of {@code openssl}
   * @param days from now on; one that has ended if it is negative
   */
  public void issue(String name, String issuer, String extension, int days) {
    try {
      Files.writeString(directory.resolve(name + ".ext"), extension);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String key = name + ".key";
    String request = name + ".csr";
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
    openssl("req", "-new", "-key", key, "-subj", "/CN=" + name, "-out", request);
    openssl(
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        issuer + ".pem",
        "-CAkey",
        issuer + ".key",
        "-CAcreateserial",
        "-days",
        Integer.toString(days),
        "-extfile",
        name + ".ext",
        "-out",
        name + ".pem");
  }

  private void openssl(String... arguments) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + ": " + text);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A certificate that was made, in PEM. */
  public Path certificate(String name) {
    return directory.resolve(name + ".pem");
  }

  /** The key of a certificate that was made, in PEM and PKCS#8. */
  public Path key(String name) {
    return directory.resolve(name + ".key");
  }

  /** The certificate of the CA, in PEM. */
  public Path ca() {
    return directory.resolve("ca.pem");
  }

  /** The certificate of the client, in PEM. */
  public Path clientCertificate() {
    return directory.resolve("client.pem");
  }

  /** The key of the client, in PEM and PKCS#8. */
  public Path clientKey() {
    return directory.resolve("client.key");
  }

  /** For a server that trusts clients of the CA. */
  public SSLContext server() {
    try (InputStream keys = Files.newInputStream(directory.resolve("server.p12"))) {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(keys, PASSWORD);
      KeyManagerFactory identity =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      identity.init(store, PASSWORD);
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry(
          "ca", store.getCertificateChain(store.aliases().nextElement())[1]);
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(identity.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }
}
