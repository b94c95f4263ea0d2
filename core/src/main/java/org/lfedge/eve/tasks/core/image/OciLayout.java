package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;

/**
 * OCI image layouts: {@code oci-layout}, {@code index.json} and {@code blobs/sha256}.
 *
 * <p>How images get their names: the annotation {@code io.containerd.image.name}, else {@code
 * org.opencontainers.image.ref.name}. A name with a slash, a colon or an {@code @} is a full or
 * familiar name: {@code nginx:1.27} is {@code docker.io/library/nginx:1.27}. Any other is a tag, as
 * umoci and skopeo write it, of the repository that {@link ImageName#repositoryOf} derives from the
 * layout's own name: {@code latest} in {@code images/web.oci.tar} is {@code
 * docker.io/library/web:latest}. Images without a name count only if the layout has none with one;
 * they share the derived repository and the tag {@code latest}, so the node's platform decides.
 * Signatures are known by their tag, or as {@code cosign save} marks them.
 */
final class OciLayout {

  private static final String MARKER = "oci-layout";
  private static final String INDEX = "index.json";
  static final String CONTAINERD_NAME = "io.containerd.image.name";
  static final String REF_NAME = "org.opencontainers.image.ref.name";

  /** How {@code cosign save} marks signatures; they have no name, as the one image has none. */
  private static final String COSIGN_KIND = "kind";

  private static final String COSIGN_SIGNATURES = "dev.cosignproject.cosign/sigs";

  private OciLayout() {}

  static boolean isOne(LayoutFiles files) throws IOException {
    return files.size(MARKER).isPresent() && files.size(INDEX).isPresent();
  }

  /**
   * Reads the index of a layout.
   *
   * @param repository of images that have only a tag, or no name
   * @param path of the layout, for what may be wrong
   */
  static Layout read(LayoutFiles files, String repository, String path) throws IOException {
    ObjectNode marker = Manifests.object(Layout.document(files, MARKER, path), MARKER, path);
    String version = marker.path("imageLayoutVersion").asText("");
    if (!version.startsWith("1.")) {
      throw ImageProblems.badLayout(
          path, "its layout version is '" + version + "', this software reads version 1");
    }
    ObjectNode index = Manifests.object(Layout.document(files, INDEX, path), INDEX, path);
    SortedMap<String, List<Manifests.Entry>> named = new TreeMap<>();
    List<Manifests.Entry> unnamed = new ArrayList<>();
    List<Manifests.Entry> signatures = new ArrayList<>();
    for (Manifests.Entry entry : Manifests.entries(index, path)) {
      if (COSIGN_SIGNATURES.equals(entry.annotations().get(COSIGN_KIND))) {
        signatures.add(entry);
        continue;
      }
      Optional<String> name = name(entry, repository, path);
      List<Manifests.Entry> same =
          name.isEmpty() ? unnamed : named.computeIfAbsent(name.get(), key -> new ArrayList<>());
      if (same.stream().noneMatch(other -> other.descriptor().equals(entry.descriptor()))) {
        same.add(entry);
      }
    }
    if (named.isEmpty() && !unnamed.isEmpty()) {
      named.put(repository + ":latest", unnamed);
    }
    if (named.isEmpty()) {
      throw ImageProblems.badLayout(path, "it holds no image");
    }
    if (!signatures.isEmpty() && unnamed.size() == 1) {
      String signed = unnamed.get(0).descriptor().digest();
      named.put(repository + ":" + Signatures.tag(signed), signatures);
    }
    return new Layout(
        named.entrySet().stream()
            .map(found -> new Layout.Named(found.getKey(), found.getValue()))
            .toList(),
        new Directory(files),
        files);
  }

  private static Optional<String> name(Manifests.Entry entry, String repository, String path) {
    String given =
        entry
            .annotations()
            .getOrDefault(CONTAINERD_NAME, entry.annotations().getOrDefault(REF_NAME, ""));
    if (given.isEmpty()) {
      return Optional.empty();
    }
    boolean whole = given.chars().anyMatch(c -> c == '/' || c == ':' || c == '@');
    return Optional.of(
        ImageName.parse(whole ? given : repository + ":" + given)
            .orElseThrow(() -> ImageProblems.badName(path, given))
            .toString());
  }

  /** The blobs of a layout. */
  private record Directory(LayoutFiles files) implements Blobs {

    @Override
    public Optional<Long> size(Descriptor blob) throws IOException {
      return files.size(path(blob));
    }

    @Override
    public InputStream open(Descriptor blob) throws IOException {
      return files.open(path(blob));
    }

    private static String path(Descriptor blob) {
      return "blobs/sha256/" + Digests.hex(blob.digest());
    }
  }
}
