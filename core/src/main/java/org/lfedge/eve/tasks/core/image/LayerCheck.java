package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.RootTree.LowerLinks;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * Reads the layers of an image once, before anything unpacks them: containerd has no limits of its
 * own. Checks digests of the blobs and of what is in them, counts bytes and entries against {@link
 * LayerLimits}, refuses entries that would be written outside of the root, and learns the image's
 * accounts on the way.
 */
final class LayerCheck {

  private static final String PASSWD = "etc/passwd";
  private static final String GROUP = "etc/group";

  /** An account file of this size has some ten thousand accounts. */
  private static final int MAX_ACCOUNT_FILE = 1 << 20;

  /** Reading again finds files that are links to others; each time one link further. */
  private static final int MAX_PASSES = 6;

  private static final String WHITEOUT = ".wh.";
  private static final String OPAQUE = ".wh..wh..opq";

  /** What aufs kept in layers for itself; tools that unpack layers leave it out. */
  private static final String AUFS = ".wh..wh.";

  private final PlatformImage image;
  private final Blobs blobs;
  private final LayerLimits limits;
  private final String name;
  private final int maxFile;
  private final boolean headsOnly;
  private long bytes;
  private long fileBytes;
  private int entries;

  private LayerCheck(
      String name,
      PlatformImage image,
      Blobs blobs,
      LayerLimits limits,
      int maxFile,
      boolean headsOnly) {
    this.name = name;
    this.image = image;
    this.blobs = blobs;
    this.limits = limits;
    this.maxFile = maxFile;
    this.headsOnly = headsOnly;
  }

  /**
   * Checks all layers of an image. They must stay within the root whichever way they are unpacked;
   * the accounts are those of the way that containerd takes with overlayfs.
   *
   * @return its accounts
   * @throws TaskException {@code LAYER_ESCAPES_ROOT}, {@code LAYER_TOO_LARGE}, {@code
   *     DIFF_ID_MISMATCH}, {@code DIGEST_MISMATCH}, {@code BAD_LAYER}
   */
  static AccountFiles check(String name, PlatformImage image, Blobs blobs, LayerLimits limits) {
    RootTree root =
        read(name, image, blobs, limits, List.of(PASSWD, GROUP), MAX_ACCOUNT_FILE, false);
    return new AccountFiles(text(root, PASSWD), text(root, GROUP));
  }

  private static String text(RootTree root, String path) {
    return root.read(path).map(bytes -> new String(bytes, StandardCharsets.UTF_8)).orElse("");
  }

  /**
   * Checks all layers likewise, and reads one file of the root that they make.
   *
   * @param path of the file; symbolic links are followed and do not lead out of the root
   * @param maxBytes if it has more, that is a {@code LAYER_TOO_LARGE}
   * @return empty if there is no such file
   */
  static Optional<byte[]> file(
      String name,
      PlatformImage image,
      Blobs blobs,
      LayerLimits limits,
      String path,
      int maxBytes) {
    String relative = relative(path);
    return read(name, image, blobs, limits, List.of(relative), maxBytes, false).read(relative);
  }

  /**
   * Checks all layers likewise, and looks at one file, however large it is.
   *
   * @param startBytes how much of its start is read
   * @return empty if there is no such file
   */
  static Optional<FileHead> head(
      String name,
      PlatformImage image,
      Blobs blobs,
      LayerLimits limits,
      String path,
      int startBytes) {
    String relative = relative(path);
    return read(name, image, blobs, limits, List.of(relative), startBytes, true).head(relative);
  }

  private static String relative(String path) {
    return path.replaceFirst("^/+", "");
  }

  /** The finished root, which has the content of some files. */
  private static RootTree read(
      String name,
      PlatformImage image,
      Blobs blobs,
      LayerLimits limits,
      List<String> files,
      int maxFile,
      boolean headsOnly) {
    RootTree followed =
        new RootTree(name, LowerLinks.FOLLOWED, limits.symlinkMemory(), new TreeSet<>());
    SortedSet<String> wanted = new TreeSet<>(files);
    for (int pass = 1; ; pass++) {
      RootTree replaced =
          new RootTree(name, LowerLinks.REPLACED, limits.symlinkMemory(), new TreeSet<>(wanted));
      List<RootTree> trees = pass == 1 ? List.of(followed, replaced) : List.of(replaced);
      new LayerCheck(name, image, blobs, limits, maxFile, headsOnly).readLayers(trees);
      for (String file : files) {
        var unused = replaced.read(file);
      }
      if (!wanted.addAll(replaced.wantedElsewhere())) {
        return replaced;
      }
      if (pass == MAX_PASSES) {
        throw ImageProblems.badLayer(name, files + " lie behind too many links");
      }
    }
  }

  private void readLayers(List<RootTree> trees) {
    List<Descriptor> layers = image.manifest().layers();
    for (int i = 0; i < layers.size(); i++) {
      trees.forEach(RootTree::nextLayer);
      try {
        readLayer(layers.get(i), image.config().diffIds().get(i), trees);
      } catch (IOException e) {
        throw TaskException.failed(
            ImageProblems.badLayer(name, "layer " + layers.get(i).digest() + ": " + e.getMessage())
                .first(),
            e);
      }
    }
  }

  private void readLayer(Descriptor layer, String diffId, List<RootTree> trees) throws IOException {
    try (VerifiedStream blob = VerifiedStream.openLayer(blobs, layer, name)) {
      var buffered = Decompression.buffered(blob);
      Decompression compression =
          MediaTypes.isCompressedLayer(layer.mediaType())
              ? Decompression.of(buffered)
              : Decompression.NONE;
      var compressed = new CountedStream(buffered, 0, bytes -> {});
      try (InputStream plain = compression.open(compressed);
          UnpackedStream unpacked =
              new UnpackedStream(plain, compressed::position, limits, bytes, name)) {
        readEntries(unpacked, trees);
        unpacked.transferTo(OutputStream.nullOutputStream());
        blob.drain();
        bytes += unpacked.position();
        String found = unpacked.digest();
        if (!found.equals(diffId)) {
          throw ImageProblems.refused(
              "DIFF_ID_MISMATCH",
              name,
              "layer " + layer.digest() + " unpacks to " + found + ", its config states " + diffId,
              "build the image again: its config does not belong to its layers");
        }
      }
    }
  }

  private void readEntries(UnpackedStream in, List<RootTree> trees) throws IOException {
    TarEntries archive = new TarEntries(in);
    for (TarArchiveEntry entry = archive.next(); entry != null; entry = archive.next()) {
      if (++entries > limits.entries()) {
        throw ImageProblems.tooLarge(
            name, "its layers have more than " + limits.entries() + " entries");
      }
      countFile(entry);
      for (RootTree tree : trees) {
        write(entry, archive, tree);
      }
    }
  }

  private void write(TarArchiveEntry entry, TarEntries archive, RootTree tree) throws IOException {
    String path = tree.place(entry.getName());
    String base = path.substring(path.lastIndexOf('/') + 1);
    String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    if (base.equals(OPAQUE)) {
      tree.opaque(parent);
    } else if (base.startsWith(AUFS)) {
      return;
    } else if (base.startsWith(WHITEOUT)) {
      String hidden = base.substring(WHITEOUT.length());
      if (hidden.isEmpty() || hidden.equals(".") || hidden.equals("..")) {
        throw ImageProblems.escapesRoot(name, "a layer has a whiteout of '" + hidden + "'");
      }
      tree.whiteout(parent.isEmpty() ? hidden : parent + "/" + hidden);
    } else {
      switch (kind(entry)) {
        case TarConstants.LF_DIR -> tree.directory(path);
        case TarConstants.LF_SYMLINK -> tree.symlink(path, entry.getLinkName());
        case TarConstants.LF_LINK -> tree.hardLink(path, tree.find(entry.getLinkName()));
        case TarConstants.LF_NORMAL -> {
          if (tree.isWanted(path)) {
            tree.file(path, content(entry, archive), entry.getMode() & 07777);
          } else {
            tree.other(path);
          }
        }
        default -> tree.other(path);
      }
    }
  }

  /** Sparse files hold far more than the archive; entries without content must not claim any. */
  private void countFile(TarArchiveEntry entry) throws IOException {
    boolean regular = kind(entry) == TarConstants.LF_NORMAL;
    if (!regular && entry.getLinkFlag() != TarConstants.LF_DIR && entry.getSize() != 0) {
      throw new IOException("'" + entry.getName() + "' is no regular file and yet has content");
    }
    if (regular) {
      fileBytes += entry.getRealSize();
      if (entry.getRealSize() < 0 || fileBytes > limits.bytes() || fileBytes < 0) {
        throw ImageProblems.tooLarge(
            name, "its layers hold more than " + limits.bytes() + " bytes of files");
      }
    }
  }

  /**
   * The type of an entry, one for all that are regular files. Told by the header alone, as
   * containerd does it: a link whose name ends with a slash is a link.
   */
  private static byte kind(TarArchiveEntry entry) throws IOException {
    byte flag = entry.getLinkFlag();
    return switch (flag) {
      case TarConstants.LF_OLDNORM, TarConstants.LF_NORMAL, TarConstants.LF_GNUTYPE_SPARSE ->
          entry.getName().endsWith("/") ? TarConstants.LF_DIR : TarConstants.LF_NORMAL;
      case TarConstants.LF_DIR,
          TarConstants.LF_SYMLINK,
          TarConstants.LF_LINK,
          TarConstants.LF_CHR,
          TarConstants.LF_BLK,
          TarConstants.LF_FIFO ->
          flag;
      default -> throw new IOException("'" + entry.getName() + "' is of the unknown type " + flag);
    };
  }

  private byte[] content(TarArchiveEntry entry, TarEntries archive) throws IOException {
    if (headsOnly) {
      return archive.content(maxFile);
    }
    byte[] content = archive.content(maxFile + 1);
    if (content.length > maxFile) {
      throw ImageProblems.tooLarge(
          name, "its /" + entry.getName() + " has more than " + maxFile + " bytes");
    }
    return content;
  }
}
