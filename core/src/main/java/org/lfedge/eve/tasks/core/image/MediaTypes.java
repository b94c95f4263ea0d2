package org.lfedge.eve.tasks.core.image;

import java.util.Set;

/** The media types of the OCI image specification and of docker's image manifest, version 2. */
final class MediaTypes {

  static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
  static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
  static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
  static final String OCI_LAYER_GZIP = OCI_LAYER + "+gzip";
  static final String OCI_LAYER_ZSTD = OCI_LAYER + "+zstd";
  static final String DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
  static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
  static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
  static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
  static final String DOCKER_LAYER_GZIP = DOCKER_LAYER + ".gzip";
  static final String DOCKER_LAYER_ZSTD = DOCKER_LAYER + ".zstd";

  /** What is known of an account file that was read from layers; this project's own. */
  static final String ACCOUNTS = "application/vnd.lfedge.eve.tasks.accounts.v1+json";

  private static final Set<String> CONFIGS = Set.of(OCI_CONFIG, DOCKER_CONFIG);
  private static final Set<String> PLAIN_LAYERS = Set.of(OCI_LAYER, DOCKER_LAYER);
  private static final Set<String> COMPRESSED_LAYERS =
      Set.of(OCI_LAYER_GZIP, OCI_LAYER_ZSTD, DOCKER_LAYER_GZIP, DOCKER_LAYER_ZSTD);

  private MediaTypes() {}

  static boolean isIndex(String mediaType) {
    return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_INDEX);
  }

  static boolean isManifest(String mediaType) {
    return mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
  }

  static boolean isConfig(String mediaType) {
    return CONFIGS.contains(mediaType);
  }

  static boolean isLayer(String mediaType) {
    return PLAIN_LAYERS.contains(mediaType) || isCompressedLayer(mediaType);
  }

  static boolean isCompressedLayer(String mediaType) {
    return COMPRESSED_LAYERS.contains(mediaType);
  }

  /** Why a layer of a media type is not taken, for people. */
  static String whyNoLayer(String mediaType) {
    if (mediaType.contains("encrypted")) {
      return "it is encrypted, and this node holds no keys for images";
    }
    if (mediaType.contains("foreign") || mediaType.contains("nondistributable")) {
      return "its content is not distributed with the image";
    }
    return "a layer must be a tar archive, plain or compressed with gzip or zstd";
  }
}
