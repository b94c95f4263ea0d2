package org.lfedge.eve.tasks.core.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Optional;
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
public record TlsFiles(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {

  private static final char[] NO_PASSWORD = new char[0];

  /** The same trust without the node's own certificate, for hosts that it was not meant for. */
  public TlsFiles withoutIdentity() {
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
    for (Certificate certificate : PemFiles.certificates(ca.get())) {
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
        PemFiles.privateKey(key.get()),
        NO_PASSWORD,
        PemFiles.certificates(certificate.get()).toArray(new Certificate[0]));
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
}
