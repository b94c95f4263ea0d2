package org.lfedge.eve.tasks.core.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What a TLS connection is made with.
 *
 * @param ca certificates that are trusted besides the JDK's
 * @param certificate of this node; only together with its key
 * @param key of this node
 */
record TlsFiles(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {

  private static final int MAX_BYTES = 1 << 20;
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA");
  private static final char[] NO_PASSWORD = new char[0];

  /** Of a host as the config has it. */
  static TlsFiles of(RegistryConfig.Host host) {
    return new TlsFiles(host.ca(), host.clientCertificate(), host.clientKey());
  }

  /** The same trust without the node's own certificate, for hosts that it was not meant for. */
  TlsFiles withoutIdentity() {
    return new TlsFiles(ca, Optional.empty(), Optional.empty());
  }

  /** Changes when one of the files does. */
  String state() {
    StringBuilder state = new StringBuilder();
    Stream.of(ca, certificate, key)
        .flatMap(Optional::stream)
        .forEach(file -> state.append(state(file)).append('\n'));
    return state.toString();
  }

  private static String state(Path file) {
    try {
      return Files.getLastModifiedTime(file) + " " + Files.size(file);
    } catch (IOException e) {
      return "missing";
    }
  }

  /**
   * Reads the files.
   *
   * @throws IOException if one cannot be read, or is not what it should be; the message names it
   */
  SSLContext context() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted());
      context.init(identity(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Null stands for the JDK's own. */
  private @Nullable KeyStore trusted() throws IOException, GeneralSecurityException {
    if (ca.isEmpty()) {
      return null;
    }
    TrustManagerFactory usual =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    usual.init((KeyStore) null);
    KeyStore store = emptyStore();
    int index = 0;
    for (Certificate certificate : certificates(ca.get())) {
      store.setCertificateEntry("own" + index++, certificate);
    }
    for (X509Certificate certificate :
        ((X509TrustManager) usual.getTrustManagers()[0]).getAcceptedIssuers()) {
      store.setCertificateEntry("usual" + index++, certificate);
    }
    return store;
  }

  private KeyManager @Nullable [] identity() throws IOException, GeneralSecurityException {
    if (certificate.isEmpty() || key.isEmpty()) {
      return null;
    }
    KeyStore store = emptyStore();
    store.setKeyEntry(
        "client",
        privateKey(key.get()),
        NO_PASSWORD,
        certificates(certificate.get()).toArray(new Certificate[0]));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, NO_PASSWORD);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file) throws IOException {
    try {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(bytes(file)));
      if (!found.isEmpty()) {
        return found;
      }
    } catch (CertificateException e) {
      throw new IOException(file + " has no certificates in PEM: " + e.getMessage(), e);
    }
    throw new IOException(file + " has no certificates in PEM");
  }

  /** Which algorithm a key is for is not told apart here: only one of them takes it. */
  private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    Matcher pem = KEY.matcher(new String(bytes(file), StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException(
          file + " has no key in PEM and PKCS#8 without a password; openssl pkcs8 -topk8 -nocrypt");
    }
    PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
    for (String algorithm : ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(key);
      } catch (InvalidKeySpecException e) {
        // One of the others, then.
      }
    }
    throw new IOException(file + " has a key that is none of " + ALGORITHMS);
  }

  private static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw new IOException(file + " has more than 1 MiB");
      }
      return bytes;
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + e, e);
    }
  }
}
