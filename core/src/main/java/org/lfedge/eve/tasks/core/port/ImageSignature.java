package org.lfedge.eve.tasks.core.port;

import java.util.Arrays;

/**
 * A signature as it was found beside an image, in the format "simple signing" that {@code cosign}
 * writes: a layer of the media type {@value #MEDIA_TYPE} whose blob is the payload, a JSON text
 * that names the digest of the image, and whose annotation {@value #ANNOTATION} is the signature
 * over exactly these bytes. Nothing of it has been checked.
 *
 * @param payload the bytes of the layer, at most {@link #MAX_PAYLOAD} if it is to hold
 * @param base64Signature the annotation
 */
@SuppressWarnings("ArrayRecordComponent") // copied on its way in and out, compared by content
public record ImageSignature(byte[] payload, String base64Signature) {

  /** Of the layers that are signatures; others are none. */
  public static final String MEDIA_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json";

  /** The annotation of such a layer that holds the signature. */
  public static final String ANNOTATION = "dev.cosignproject.cosign/signature";

  /** How many bytes a payload may have: 64 KiB. Usual ones have some 250. */
  public static final int MAX_PAYLOAD = 1 << 16;

  /** Keeps a copy. */
  public ImageSignature {
    payload = payload.clone();
  }

  /** A copy. */
  @Override
  public byte[] payload() {
    return payload.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ImageSignature that
        && Arrays.equals(payload, that.payload)
        && base64Signature.equals(that.base64Signature);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(payload) + base64Signature.hashCode();
  }

  @Override
  public String toString() {
    return "ImageSignature[" + payload.length + " bytes, " + base64Signature + "]";
  }
}
