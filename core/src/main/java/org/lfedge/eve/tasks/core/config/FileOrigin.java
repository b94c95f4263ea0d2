package org.lfedge.eve.tasks.core.config;

import java.util.Optional;
import org.lfedge.eve.tasks.core.config.TaskDocument.Pull;

/** Where a file is fetched from that the node does not have by itself. */
public sealed interface FileOrigin {

  /** As the document has it, for people. */
  String shown();

  /** When it is fetched, if the node has it already. */
  Pull pull();

  /** The digest of the file, where the document says it. */
  Optional<String> digest();

  /**
   * A file at a URL.
   *
   * @param url by http or https; without user, password, query and fragment
   * @param sha256 the digest of the file, {@code sha256:} and 64 hex digits: by it alone it is
   *     known that the file is the one that was meant
   */
  record Url(String url, String sha256) implements FileOrigin {
    @Override
    public String shown() {
      return url;
    }

    @Override
    public Pull pull() {
      return Pull.MISSING;
    }

    @Override
    public Optional<String> digest() {
      return Optional.of(sha256);
    }
  }

  /**
   * An artifact in a registry of images, one of whose layers is the file.
   *
   * @param reference its name, in the form of names of images
   */
  record Artifact(String reference, Pull pull) implements FileOrigin {
    @Override
    public String shown() {
      return reference;
    }

    @Override
    public Optional<String> digest() {
      return Optional.empty();
    }
  }
}
