package org.lfedge.eve.tasks.core.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
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
 * Reads each layer of an image once, before anything unpacks it: containerd has no limits of its
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

  private static final Course ALL_HERE =
      new Course() {
        @Override
        public boolean wantsDiffId(int layer) {
          return true;
        }

        @Override
        public void checked(int layer) {}
      };

  private static final String WHITEOUT = ".wh.";
  private static final String OPAQUE = ".wh..wh..opq";

  /** What aufs kept in layers for itself; tools that unpack layers leave it out. */
  private static final String AUFS = ".wh..wh.";

  private final PlatformImage image;
  private final Blobs blobs;
  private final LayerLimits limits;
  private final String name;
  private final Asked asked;
  private long bytes;
  private long fileBytes;
  private int entries;

  /** Who goes on with the layers, each while those after it are still checked. */
  interface Course {

    /**
     * Whether it is to be checked here that a layer unpacks to its diff ID: the costliest part of
     * the check, which whoever unpacks the layer may do as well.
     *
     * @param layer its number, from 0 on
     */
    boolean wantsDiffId(int layer);

    /** A layer is good after those before it, but for its diff ID if that was not wanted. */
    void checked(int layer);
  }

  /** What is to be known of the finished root: files, by their paths, and how much of each. */
  private record Asked(List<String> files, int maxBytes, boolean headsOnly) {}

  private LayerCheck(
      String name, PlatformImage image, Blobs blobs, LayerLimits limits, Asked asked) {
    this.name = name;
    this.image = image;
    this.blobs = blobs;
    this.limits = limits;
    this.asked = asked;
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
    return check(name, image, blobs, limits, ALL_HERE);
  }

  /** Checks all layers likewise, as somebody goes on with them. */
  static AccountFiles check(
      String name, PlatformImage image, Blobs blobs, LayerLimits limits, Course course) {
    RootTree root =
        read(
            name,
            image,
            blobs,
            limits,
            new Asked(List.of(PASSWD, GROUP), MAX_ACCOUNT_FILE, false),
            course);
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
    Asked asked = new Asked(List.of(relative), maxBytes, false);
    return read(name, image, blobs, limits, asked, ALL_HERE).read(relative);
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
    Asked asked = new Asked(List.of(relative), startBytes, true);
    return read(name, image, blobs, limits, asked, ALL_HERE).head(relative);
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
      Asked asked,
      Course course) {
    RootTree followed =
        new RootTree(name, LowerLinks.FOLLOWED, limits.symlinkMemory(), new TreeSet<>());
    SortedSet<String> wanted = new TreeSet<>(asked.files());
    for (int pass = 1; ; pass++) {
      RootTree replaced =
          new RootTree(name, LowerLinks.REPLACED, limits.symlinkMemory(), new TreeSet<>(wanted));
      LayerCheck check = new LayerCheck(name, image, blobs, limits, asked);
      if (pass == 1) {
        check.readLayers(List.of(followed, replaced), course);
      } else {
        check.readLayers(List.of(replaced), ALL_HERE);
      }
      for (String file : asked.files()) {
        var unused = replaced.read(file);
      }
      if (!wanted.addAll(replaced.wantedElsewhere())) {
        return replaced;
      }
      if (pass == MAX_PASSES) {
        throw ImageProblems.badLayer(name, asked.files() + " lie behind too many links");
      }
    }
  }

  private void readLayers(List<RootTree> trees, Course course) {
    for (int i = 0; i < image.manifest().layers().size(); i++) {
      trees.forEach(RootTree::nextLayer);
      readLayer(i, course.wantsDiffId(i), trees);
      course.checked(i);
    }
  }

  private void readLayer(int number, boolean wantsDiffId, List<RootTree> trees) {
    Descriptor layer = image.manifest().layers().get(number);
    Optional<MessageDigest> digest = wantsDiffId ? Optional.of(Digests.sha256()) : Optional.empty();
    try (VerifiedStream blob = VerifiedStream.openLayer(blobs, layer, name)) {
      var buffered = Decompression.buffered(blob);
      Decompression compression =
          MediaTypes.isCompressedLayer(layer.mediaType())
              ? Decompression.of(buffered)
              : Decompression.NONE;
      var compressed = new CountedStream(buffered, 0, bytes -> {});
      try (InputStream plain = compression.open(compressed);
          UnpackedStream unpacked =
              new UnpackedStream(plain, compressed::position, limits, bytes, name, digest)) {
        readEntries(unpacked, trees);
        unpacked.transferTo(OutputStream.nullOutputStream());
        blob.drain();
        bytes += unpacked.position();
        if (digest.isPresent()) {
          requireDiffId(number, Digests.finish(digest.get()));
        }
      }
    } catch (IOException e) {
      throw TaskException.failed(
          ImageProblems.badLayer(name, "layer " + layer.digest() + ": " + e.getMessage()).first(),
          e);
    }
  }

  /**
   * Checks that one layer unpacks to its diff ID, and nothing else that was not checked before.
   *
   * @param number of the layer, from 0 on
   * @throws TaskException {@code DIFF_ID_MISMATCH}
   */
  static void requireDiffId(
      String name, PlatformImage image, Blobs blobs, LayerLimits limits, int number) {
    LayerCheck check = new LayerCheck(name, image, blobs, limits, new Asked(List.of(), 0, true));
    check.readLayer(number, true, List.of());
  }

  private void requireDiffId(int number, String found) {
    String stated = image.config().diffIds().get(number);
    if (!found.equals(stated)) {
      throw ImageProblems.refused(
          "DIFF_ID_MISMATCH",
          name,
          "layer "
              + image.manifest().layers().get(number).digest()
              + " unpacks to "
              + found
              + ", its config states "
              + stated,
          "build the image again: its config does not belong to its layers");
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
    if (asked.headsOnly()) {
      return archive.content(asked.maxBytes());
    }
    byte[] content = archive.content(asked.maxBytes() + 1);
    if (content.length > asked.maxBytes()) {
      throw ImageProblems.tooLarge(
          name, "its /" + entry.getName() + " has more than " + asked.maxBytes() + " bytes");
    }
    return content;
  }
}
