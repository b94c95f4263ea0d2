package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.ZCert;
import org.lfedge.eve.tasks.core.eve.api.ZControllerCert;
import org.lfedge.eve.tasks.core.http.PemFiles;

/**
 * The certificates that a controller signs with. Whether one leads to a root that this node was
 * given is looked at whenever something is opened by it, as certificates end with time.
 *
 * @param payload a {@code ZControllerCert}, as it was received
 * @param roots what they must lead to
 */
record ControllerCertificates(
    ByteString payload,
    List<KnownCertificate> signers,
    List<X509Certificate> intermediates,
    List<X509Certificate> roots) {

  /** The longest answer with them, in bytes: it is read before anybody is trusted. */
  static final int MAX_BYTES = 256 << 10;

  private static final int MAX_CERTIFICATES = 32;
  private static final int MAX_CHAIN = 10;

  /**
   * Reads the root certificates.
   *
   * @throws TaskException CONTROLLER_SETUP
   */
  static List<X509Certificate> roots(Path file) {
    try {
      return PemFiles.certificates(file);
    } catch (IOException e) {
      throw ControllerProblems.setup(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Reads certificates, 32 at most; none is trusted by that.
   *
   * @throws TaskException CERTIFICATES_UNREADABLE
   */
  static ControllerCertificates read(ByteString payload, List<X509Certificate> roots) {
    List<KnownCertificate> signers = new ArrayList<>();
    List<X509Certificate> intermediates = new ArrayList<>();
    try {
      for (ZCert one : ZControllerCert.parseFrom(payload).getCertsList()) {
        switch (one.getType()) {
          case CERT_TYPE_CONTROLLER_SIGNING -> {
            List<X509Certificate> chain = certificates(one);
            signers.add(new KnownCertificate(chain.get(0), one.getCert()));
            intermediates.addAll(chain.subList(1, chain.size()));
          }
          case CERT_TYPE_CONTROLLER_INTERMEDIATE -> intermediates.addAll(certificates(one));
          default -> {
            // For what this node does not do, such as to encrypt for the controller.
          }
        }
        if (signers.size() + intermediates.size() > MAX_CERTIFICATES) {
          throw unreadable("are more than " + MAX_CERTIFICATES);
        }
      }
    } catch (InvalidProtocolBufferException | CertificateException e) {
      throw unreadable("cannot be read: " + e.getMessage());
    }
    if (signers.isEmpty()) {
      throw unreadable("have none among them that it signs with");
    }
    return new ControllerCertificates(
        payload, List.copyOf(signers), List.copyOf(intermediates), roots);
  }

  private static List<X509Certificate> certificates(ZCert one) throws CertificateException {
    return PemFiles.certificates(one.getCert().toByteArray());
  }

  private static TaskException unreadable(String what) {
    return ControllerProblems.failed(
        "CERTIFICATES_UNREADABLE",
        "the certificates that the controller gives " + what,
        "check the controller");
  }

  /**
   * Opens an envelope of the controller.
   *
   * @param at the time at which the certificates must be valid
   * @throws TaskException UNTRUSTED_CERTIFICATE, CERTIFICATE_EXPIRED, or as by {@link
   *     Envelope#open}
   */
  ByteString open(ByteString envelope, Instant at) {
    Envelope.Opened opened = Envelope.open(envelope, signers);
    verify(opened.sender().certificate(), at);
    return opened.payload();
  }

  @SuppressWarnings("JavaUtilDate") // what PKIX takes
  private void verify(X509Certificate signer, Instant at) {
    try {
      X509CertSelector target = new X509CertSelector();
      target.setCertificate(signer);
      PKIXBuilderParameters parameters =
          new PKIXBuilderParameters(
              roots.stream().map(root -> new TrustAnchor(root, null)).collect(Collectors.toSet()),
              target);
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(at));
      parameters.addCertStore(
          CertStore.getInstance(
              "Collection",
              new CollectionCertStoreParameters(
                  Stream.concat(Stream.of(signer), intermediates.stream()).toList())));
      var unused = CertPathBuilder.getInstance("PKIX").build(parameters);
    } catch (CertPathBuilderException e) {
      throw distrust(signer, at);
    } catch (GeneralSecurityException e) {
      throw untrusted(signer, String.valueOf(e.getMessage()));
    }
  }

  /** Why there is no way to a root: the builder says no more than that. */
  private TaskException distrust(X509Certificate signer, Instant at) {
    X509Certificate certificate = signer;
    Optional<X509Certificate> outside = Optional.empty();
    for (int i = 0; i < MAX_CHAIN; i++) {
      if (outside.isEmpty() && !isValid(certificate, at)) {
        outside = Optional.of(certificate);
      }
      if (issuer(certificate, roots).isPresent()) {
        return outside
            .map(one -> expired(one, at))
            .orElseGet(() -> untrusted(signer, "a certificate above it may not issue others"));
      }
      Optional<X509Certificate> issuer = issuer(certificate, intermediates);
      if (issuer.isEmpty()) {
        break;
      }
      certificate = issuer.get();
    }
    return untrusted(signer, "it leads to none of the root certificates of this node");
  }

  @SuppressWarnings("JavaUtilDate") // what certificates have
  private static boolean isValid(X509Certificate certificate, Instant at) {
    return !at.isBefore(certificate.getNotBefore().toInstant())
        && !at.isAfter(certificate.getNotAfter().toInstant());
  }

  private static Optional<X509Certificate> issuer(
      X509Certificate certificate, List<X509Certificate> among) {
    for (X509Certificate one : among) {
      if (one.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
        try {
          certificate.verify(one.getPublicKey());
          return Optional.of(one);
        } catch (GeneralSecurityException e) {
          // One of the same name.
        }
      }
    }
    return Optional.empty();
  }

  private static TaskException untrusted(X509Certificate signer, String why) {
    return ControllerProblems.failed(
        ControllerProblems.UNTRUSTED_CERTIFICATE,
        "the controller signs with the certificate "
            + signer.getSubjectX500Principal()
            + ", which is not trusted: "
            + why,
        "nothing of what it sends is used; check rootCertificate in the node's config, and whether"
            + " this is the right controller");
  }

  /** Days alone, so that the same problem is told by the same words for a while. */
  @SuppressWarnings("JavaUtilDate") // what certificates have
  private static TaskException expired(X509Certificate certificate, Instant at) {
    return ControllerProblems.failed(
        ControllerProblems.CERTIFICATE_EXPIRED,
        "the controller's certificate "
            + certificate.getSubjectX500Principal()
            + " is valid from "
            + day(certificate.getNotBefore().toInstant())
            + " to "
            + day(certificate.getNotAfter().toInstant())
            + ", and the clock of this node says "
            + day(at),
        "nothing of what it sends is used; if the certificate is right, set the clock, otherwise the"
            + " controller needs a new one");
  }

  private static String day(Instant time) {
    return time.atZone(ZoneOffset.UTC).toLocalDate().toString();
  }
}
