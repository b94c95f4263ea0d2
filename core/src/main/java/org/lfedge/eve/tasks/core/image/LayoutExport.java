package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * Images as an OCI layout in a tar archive, with their full names. Of an index it holds some
 * platforms, as the node does; the index itself is whole, so that its digest stays.
 */
final class LayoutExport {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** No time in the archive is later than this: the same images give the same bytes. */
  private static final long EPOCH = 0;

  private final ContentStore content;
  private final Map<String, Descriptor> blobs = new LinkedHashMap<>();
  private final List<ObjectNode> entries = new ArrayList<>();

  LayoutExport(ContentStore content) {
    this.content = content;
  }

  void add(String name, PlatformImage image) {
    entry(name, image.target());
    ImageWriter.content(image).forEach(this::blob);
    blob(image.manifestBlob());
    image.indexes().forEach(this::blob);
    String repository = ImageName.parse(name).map(ImageName::repository).orElse(name);
    for (Signatures.Found found : Signatures.kept(content, image.documentDigests(), name)) {
      entry(repository + ":" + Signatures.tag(found.signed()), found.manifest());
      found.children().forEach(this::blob);
      blob(found.manifest());
    }
  }

  private void blob(Descriptor blob) {
    blobs.put(blob.digest(), blob);
  }

  private void entry(String name, Descriptor target) {
    String mediaType = target.mediaType();
    if (mediaType.isEmpty()) {
      Descriptor plain = new Descriptor("", target.digest(), target.size());
      ObjectNode document = Manifests.document(new StoredBlobs(content), plain, name);
      boolean index = Manifests.isIndex(document, "", name);
      mediaType =
          document.path("mediaType").asText(index ? MediaTypes.OCI_INDEX : MediaTypes.OCI_MANIFEST);
    }
    ObjectNode entry = JSON.objectNode();
    entry.put("mediaType", mediaType).put("digest", target.digest()).put("size", target.size());
    entry
        .putObject("annotations")
        .put(OciLayout.CONTAINERD_NAME, name)
        .put(OciLayout.REF_NAME, name);
    // Another platform of the same index adds blobs, and no name.
    if (!entries.contains(entry)) {
      entries.add(entry);
    }
  }

  void write(Path archive) {
    Path part = archive.resolveSibling(archive.getFileName() + ".part");
    try {
      try (FileChannel file =
              FileChannel.open(
                  part,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          TarArchiveOutputStream tar =
              new TarArchiveOutputStream(
                  new BufferedOutputStream(Channels.newOutputStream(file), 1 << 16))) {
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        write(tar);
        tar.finish();
        tar.flush();
        file.force(true);
      }
      Files.move(part, archive, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host(
              "CANNOT_WRITE",
              "cannot write the archive "
                  + archive
                  + ": "
                  + e
                  + "; check its directory and the free space"),
          e);
    } finally {
      delete(part);
    }
  }

  private static void delete(Path part) {
    try {
      Files.deleteIfExists(part);
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("CANNOT_WRITE", "cannot remove the unfinished " + part + ": " + e), e);
    }
  }

  private void write(TarArchiveOutputStream tar) throws IOException {
    put(tar, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(StandardCharsets.UTF_8));
    ObjectNode index = JSON.objectNode();
    index.put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_INDEX);
    ArrayNode manifests = index.putArray("manifests");
    entries.forEach(manifests::add);
    put(tar, "index.json", Manifests.bytes(index));
    for (Descriptor blob : blobs.values()) {
      TarArchiveEntry entry = entry("blobs/sha256/" + Digests.hex(blob.digest()), blob.size());
      tar.putArchiveEntry(entry);
      try (InputStream bytes = content.openBlob(blob.digest())) {
        bytes.transferTo(tar);
      }
      tar.closeArchiveEntry();
    }
  }

  private static void put(TarArchiveOutputStream tar, String path, byte[] bytes)
      throws IOException {
    tar.putArchiveEntry(entry(path, bytes.length));
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  private static TarArchiveEntry entry(String path, long size) {
    TarArchiveEntry entry = new TarArchiveEntry(path);
    entry.setSize(size);
    entry.setModTime(EPOCH);
    return entry;
  }
}
