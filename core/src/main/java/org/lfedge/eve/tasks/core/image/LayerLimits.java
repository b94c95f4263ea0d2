package org.lfedge.eve.tasks.core.image;

/**
 * What the layers of one image may come to, all together. An image is refused when it is beyond any
 * of these, before anything of it is unpacked.
 *
 * @param bytes uncompressed
 * @param entries files, directories, links and whiteouts
 * @param ratio of uncompressed to compressed bytes, for each layer
 * @param ratioFreeBytes how much of a layer may be uncompressed before the ratio counts: small
 *     files of zeros compress well without meaning harm
 * @param symlinkMemory bytes of this program's memory that the image's symbolic links may take
 *     while layers are checked; a link takes its path, its target and about 130 bytes
 */
public record LayerLimits(
    long bytes, int entries, int ratio, long ratioFreeBytes, long symlinkMemory) {

  /** 16 GiB, a million entries, a ratio of 1000 beyond 64 MiB, 24 MiB for symbolic links. */
  public static final LayerLimits DEFAULT =
      new LayerLimits(16L << 30, 1_000_000, 1000, 64L << 20, 24L << 20);

  /** All must be positive. */
  public LayerLimits {
    if (bytes <= 0 || entries <= 0 || ratio <= 0 || ratioFreeBytes <= 0 || symlinkMemory <= 0) {
      throw new IllegalArgumentException("limits must be positive");
    }
  }
}
