package org.lfedge.eve.tasks.core.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Downloads;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageSignature;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.Registries;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that this node has fetched, in a directory of its own. Of an artifact it is put down
 * what its name stood for and who signed that, so that both can be told without its registry.
 */
public final class NodeFiles implements FetchedFiles {

  /** What a file may have that is fetched. */
  public static final long MAX_BYTES = 4L << 30;

  private static final Logger log = LoggerFactory.getLogger(NodeFiles.class);

  private final KeptFiles files;
  private final Registries registries;
  private final Downloads downloads;
  private final TrustPolicy trust;
  private final long maxBytes;
  private final KeyedTurns turns = new KeyedTurns();

  /**
   * Takes up what is in the directory, and removes what was half made there.
   *
   * @param directory is made if it is not there; of ours alone
   * @param trust whose rules for images hold for artifacts, and for URLs without their scheme
   * @param maxBytes what a file may have
   */
  public NodeFiles(
      Path directory,
      Registries registries,
      Downloads downloads,
      TrustPolicy trust,
      long maxBytes) {
    this.files = new KeptFiles(directory);
    this.registries = registries;
    this.downloads = downloads;
    this.trust = trust;
    this.maxBytes = maxBytes;
  }

  /**
   * Where the files are, each by the 64 digits of its digest.
   *
   * @param directory as in the constructor
   */
  public static Path directory(Path directory) {
    return KeptFiles.directory(directory);
  }

  /** What a name stood for when it was asked for. */
  private record Known(String digest, String manifest, List<ImageSignature> signatures) {}

  @Override
  public Optional<Kept> find(FileOrigin from, Format format) {
    if (from instanceof FileOrigin.Url url) {
      return files.has(url.sha256()) ? Optional.of(kept(url)) : Optional.empty();
    }
    ImageName name = name(from);
    return known(name, format)
        .filter(known -> files.has(known.digest()))
        .map(known -> kept(name, known));
  }

  @Override
  public Optional<String> digest(FileOrigin from, Format format) {
    return from.digest().or(() -> known(name(from), format).map(Known::digest));
  }

  private Kept kept(FileOrigin.Url url) {
    return new Kept(url.sha256(), files.path(url.sha256()), Optional.empty(), judge(url));
  }

  private Kept kept(ImageName name, Known known) {
    return new Kept(
        known.digest(),
        files.path(known.digest()),
        Optional.of(known.manifest()),
        judge(name, known));
  }

  /** By a digest, and from a place that rules may be about. */
  private TrustVerdict judge(FileOrigin.Url url) {
    return trust.judge(
        ImagePurpose.IMAGE,
        url.url().substring(url.url().indexOf("//") + 2),
        Optional.of(url.sha256()),
        url.sha256(),
        new TreeSet<>(),
        List.of());
  }

  private TrustVerdict judge(ImageName name, Known known) {
    return trust.judge(
        ImagePurpose.IMAGE,
        name.repository(),
        name.digest(),
        known.manifest(),
        new TreeSet<>(),
        known.signatures());
  }

  private static ImageName name(FileOrigin from) {
    return Optional.of(from.shown())
        .filter(text -> !Digests.isDigest(text))
        .flatMap(ImageName::parse)
        .orElseThrow(() -> ImageProblems.notPullable(from.shown()));
  }

  @Override
  public Kept fetch(FileOrigin from, Format format, PullProgress progress) {
    return from instanceof FileOrigin.Url url ? fetch(url) : fetch(name(from), format, progress);
  }

  private Kept fetch(FileOrigin.Url url) {
    Kept kept = kept(url);
    return turns.take(
        url.sha256(),
        () -> {
          if (!files.has(url.sha256())) {
            try (InputStream in = downloads.open(url.url(), maxBytes)) {
              files.write("the file at " + url.url(), url.sha256(), in);
            } catch (IOException e) {
              throw brokenOff(url.url(), e);
            }
            log.info("file {}: fetched, it is {}", url.url(), url.sha256());
          }
          return kept;
        });
  }

  private Kept fetch(ImageName name, Format format, PullProgress progress) {
    Registries.Repository repository = registries.repository(name.repository());
    Registries.Document top = ImagePull.top(repository, name);
    Descriptor blob = FileArtifact.find(top, format, name.toString());
    if (blob.size() > maxBytes) {
      throw ImageProblems.refused(
          "FILE_TOO_LARGE",
          name.toString(),
          "its file has "
              + blob.size()
              + " bytes, more than the "
              + maxBytes
              + " that one may have",
          "bring it to the node by other means");
    }
    progress.resolved(name.toString(), top.descriptor().digest());
    Known known =
        new Known(blob.digest(), top.descriptor().digest(), signatures(repository, top, name));
    Kept kept = kept(name, known);
    return turns.take(
        blob.digest(),
        () -> {
          if (!files.has(blob.digest())) {
            files.requireRoom("the file of " + name, blob.size());
            try (InputStream in =
                new CountedStream(
                    repository.open(blob, 0), 0, bytes -> progress.blob(blob, bytes))) {
              files.write("the file of " + name, blob.digest(), in);
            } catch (IOException e) {
              throw brokenOff(name.toString(), e);
            }
            log.info("file {}: fetched, it is {}", name, blob.digest());
          }
          // After the file: what is known of a file that is not there is of no use.
          files.note(key(name, format), Manifests.bytes(write(known)));
          return kept;
        });
  }

  private List<ImageSignature> signatures(
      Registries.Repository repository, Registries.Document top, ImageName name) {
    if (!trust.wantsSignature(name.repository())) {
      return List.of();
    }
    RemoteBlobs remote = new RemoteBlobs(repository, Blobs.NONE, name.toString());
    remote.add(top);
    return Signatures.all(
        Signatures.fetch(repository, remote, List.of(top.descriptor()), name.toString()));
  }

  private static TaskException brokenOff(String what, IOException cause) {
    return TaskException.failed(
        Problem.host("INTERRUPTED", "fetching " + what + " was broken off; try again"), cause);
  }

  @Override
  public void keepOnly(SortedSet<String> digests) {
    files.keepOnly(
        digests, note -> read(note).filter(known -> files.has(known.digest())).isPresent());
  }

  private Optional<Known> known(ImageName name, Format format) {
    return files.note(key(name, format)).flatMap(NodeFiles::read);
  }

  /** The format, because it decides which of several files is meant. */
  private static String key(ImageName name, Format format) {
    return format.word() + " " + name;
  }

  private static ObjectNode write(Known known) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("digest", known.digest()).put("manifest", known.manifest());
    ArrayNode signatures = json.putArray("signatures");
    for (ImageSignature signature : known.signatures()) {
      signatures
          .addObject()
          .put("payload", Base64.getEncoder().encodeToString(signature.payload()))
          .put("signature", signature.base64Signature());
    }
    return json;
  }

  /** Empty if it cannot be read: its registry is asked once more then. */
  private static Optional<Known> read(byte[] note) {
    try {
      ObjectNode json = Manifests.object(note, "what is known of it", "of an artifact");
      List<ImageSignature> signatures = new ArrayList<>();
      for (JsonNode item : json.path("signatures")) {
        signatures.add(
            new ImageSignature(
                Base64.getDecoder().decode(item.path("payload").asText()),
                item.path("signature").asText()));
      }
      String digest = json.path("digest").asText();
      String manifest = json.path("manifest").asText();
      return Digests.isDigest(digest) && Digests.isDigest(manifest)
          ? Optional.of(new Known(digest, manifest, signatures))
          : Optional.empty();
    } catch (TaskException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
