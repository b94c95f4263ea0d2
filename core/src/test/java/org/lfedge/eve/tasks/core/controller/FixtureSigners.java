package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.lfedge.eve.tasks.core.controller.ControllerSettings.IdentityFiles;
import org.lfedge.eve.tasks.core.registry.FixtureCertificates;

/** All that a controller has certificates for; made once for any number of controllers. */
public final class FixtureSigners {

  private static final String ISSUER = "basicConstraints=critical,CA:TRUE\n";
  private static final String LEAF = "keyUsage=critical,digitalSignature\n";
  private static final int DAYS = 2;
  private static final int LONG = 800;

  private final FixtureCertificates certificates;
  private final SSLContext server;
  private final Map<Signer, DeviceIdentity> identities = new EnumMap<>(Signer.class);

  /** What a controller signs with. */
  public enum Signer {
    /** Below an intermediate certificate of the root that nodes are given. */
    USUAL("signing"),
    /** The same with another key. */
    ROLLED("rolled"),
    /** One that has ended. */
    EXPIRED("expired"),
    /** Below a root that no node knows. */
    OF_ANOTHER_ROOT("foreign"),
    /** Issued by one that may sign but not issue. */
    BELOW_ANOTHER_SIGNER("usurper");

    private final String name;

    Signer(String name) {
      this.name = name;
    }
  }

  /** Makes them in a directory. */
  public FixtureSigners(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    certificates = new FixtureCertificates(directory);
    certificates.root("root");
    certificates.issue("intermediate", "root", ISSUER, LONG);
    certificates.issue("signing", "intermediate", LEAF, DAYS);
    certificates.issue("rolled", "intermediate", LEAF, DAYS);
    certificates.issue("expired", "intermediate", LEAF, -1);
    certificates.issue("usurper", "signing", LEAF, DAYS);
    certificates.root("other-root");
    certificates.issue("foreign", "other-root", LEAF, DAYS);
    certificates.root("onboarding");
    certificates.root("stranger");
    certificates.root("device");
    server = certificates.server();
    for (Signer signer : Signer.values()) {
      identities.put(signer, DeviceIdentity.read(files(signer.name)));
    }
  }

  SSLContext server() {
    return server;
  }

  DeviceIdentity identity(Signer signer) {
    return Objects.requireNonNull(identities.get(signer));
  }

  Path intermediate() {
    return certificates.certificate("intermediate");
  }

  /** What nodes register with. */
  public IdentityFiles onboarding() {
    return files("onboarding");
  }

  /** A device that need not make its own key, which takes seconds. */
  public IdentityFiles device() {
    return files("device");
  }

  /** What the controller knows nothing of. */
  public IdentityFiles stranger() {
    return files("stranger");
  }

  private IdentityFiles files(String name) {
    return new IdentityFiles(certificates.certificate(name), certificates.key(name));
  }

  /** What the controller's signatures lead to. */
  public Path root() {
    return certificates.certificate("root");
  }

  /** Another root. */
  public Path otherRoot() {
    return certificates.certificate("other-root");
  }

  /** What TLS leads to. */
  public Path ca() {
    return certificates.ca();
  }
}
