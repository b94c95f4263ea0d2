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

  private final Path directory;

  /** Makes them in a directory. */
  public FixtureCertificates(Path directory) {
    this.directory = directory;
    openssl(
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=Fixture CA",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem");
    make("server", "subjectAltName=DNS:localhost,DNS:registry.test,IP:127.0.0.1");
    make("client", "extendedKeyUsage=clientAuth");
  }

  private void make(String name, String extension) {
    try {
      Files.writeString(directory.resolve(name + ".ext"), extension);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String key = name + ".key";
    String request = name + ".csr";
    String certificate = name + ".pem";
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key);
    openssl("req", "-new", "-key", key, "-subj", "/CN=" + name, "-out", request);
    openssl(
        "x509",
        "-req",
        "-in",
        request,
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        name + ".ext",
        "-out",
        certificate);
    openssl(
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        certificate,
        "-certfile",
        "ca.pem",
        "-passout",
        "pass:fixture",
        "-out",
        name + ".p12");
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
