package org.lfedge.eve.tasks.core.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Answer;
import org.lfedge.eve.tasks.core.http.HttpFailures;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.Registries.Document;
import org.lfedge.eve.tasks.core.port.Registries.Repository;

/** A repository at its registry and the mirrors of that. */
final class HttpRepository implements Repository {

  /** No document of an image is larger; lists of referrers come in pages. */
  private static final int MAX_DOCUMENT = 1 << 20;

  private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");
  private static final Pattern TAG = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  /** RFC 8288, with or without the host. */
  private static final Pattern NEXT_PAGE =
      Pattern.compile(
          "<(?:https?://[^/>]+)?(?<target>/[A-Za-z0-9/._~:?&=%+-]+)>\\s*;\\s*rel=\"?next\"?");

  private static final int MAX_PAGES = 16;

  /** Of one image; nobody looks at more of them. */
  private static final int MAX_REFERRERS = 1024;

  private static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final String DOCUMENTS =
      String.join(
          ", ",
          "application/vnd.oci.image.manifest.v1+json",
          INDEX,
          "application/vnd.docker.distribution.manifest.v2+json",
          "application/vnd.docker.distribution.manifest.list.v2+json");

  private final RepositoryName name;
  private final Supplier<List<Endpoint>> endpoints;
  private final Pauses pauses;
  private final Timing timing;

  /**
   * A repository.
   *
   * @param endpoints its mirrors, and the registry itself as the last one; called when they are
   *     needed
   */
  HttpRepository(
      RepositoryName name, Supplier<List<Endpoint>> endpoints, Pauses pauses, Timing timing) {
    this.name = name;
    this.endpoints = endpoints;
    this.pauses = pauses;
    this.timing = timing;
  }

  @Override
  public Optional<Document> document(String reference) {
    if (!TAG.matcher(reference).matches() && !DIGEST.matcher(reference).matches()) {
      throw badReference(reference);
    }
    return ask((endpoint, at) -> document(endpoint, at, "manifests/" + reference, reference));
  }

  @Override
  public InputStream open(Descriptor blob, long offset) throws IOException {
    if (!DIGEST.matcher(blob.digest()).matches()) {
      throw badReference(blob.digest());
    }
    if (offset < 0 || offset > blob.size()) {
      throw new IllegalArgumentException("byte " + offset + " of " + blob.size());
    }
    if (offset == blob.size()) {
      return InputStream.nullInputStream();
    }
    List<Endpoint> all = endpoints.get();
    List<BlobStream.Source> sources = new ArrayList<>();
    for (Endpoint endpoint : all) {
      sources.add(
          new BlobStream.Source(
              endpoint, name.at(endpoint.host()), tries(sources.size() + 1 == all.size())));
    }
    return BlobStream.open(sources, blob, offset, pauses, timing);
  }

  @Override
  public List<Descriptor> referrers(String digest) {
    if (!DIGEST.matcher(digest).matches()) {
      throw badReference(digest);
    }
    return ask((endpoint, at) -> referrers(endpoint, at, digest)).orElse(List.of());
  }

  /** Something that one of the hosts is asked; empty if it has none. */
  private interface Question<T> {
    Optional<T> ask(Endpoint endpoint, RepositoryName at) throws TransientFailure;
  }

  private <T> Optional<T> ask(Question<T> question) {
    List<TaskException> failed = new ArrayList<>();
    List<Endpoint> all = endpoints.get();
    for (int i = 0; i < all.size(); i++) {
      Endpoint endpoint = all.get(i);
      boolean last = i + 1 == all.size();
      RepositoryName at = name.at(endpoint.host());
      try {
        Optional<T> answer = pauses.retry(tries(last), at, () -> question.ask(endpoint, at));
        if (answer.isPresent()) {
          return answer;
        }
      } catch (TaskException e) {
        failed.add(0, e);
        if (last || Thread.currentThread().isInterrupted()) {
          throw all(failed);
        }
      }
    }
    return Optional.empty();
  }

  private int tries(boolean last) {
    return last ? timing.tries() : timing.mirrorTries();
  }

  /** The registry's failure, then those of its mirrors. */
  static TaskException all(List<TaskException> failed) {
    if (failed.size() == 1) {
      return failed.get(0);
    }
    return TaskException.failed(
        failed.stream().flatMap(failure -> failure.problems().stream()).toList());
  }

  static TaskException html(RepositoryName at) {
    return RegistryProblems.failed(
        at,
        "it answers with a web page: is this a registry, or is it a proxy's login page?",
        "check the name and the proxy");
  }

  private Optional<Document> document(
      Endpoint endpoint, RepositoryName at, String resource, String reference)
      throws TransientFailure {
    Answer answer = endpoint.get(at, resource, Map.of("Accept", DOCUMENTS));
    if (answer.status() == 404) {
      answer.rest();
      return Optional.empty();
    }
    if (answer.status() != 200) {
      answer.rest();
      throw RegistryProblems.failed(
          at,
          "it answers " + answer.status() + " for " + reference,
          "check the registry, or a proxy in between");
    }
    if (answer.isHtml()) {
      answer.body().cancel();
      throw html(at);
    }
    byte[] bytes = bytes(answer, at, reference);
    String digest = digest(bytes);
    if (reference.startsWith("sha256:") && !reference.equals(digest)) {
      throw RegistryProblems.digestMismatch(
          at, "the content of " + reference + " has the digest " + digest);
    }
    return Optional.of(
        new Document(new Descriptor(answer.mediaType(), digest, bytes.length), bytes));
  }

  private byte[] bytes(Answer answer, RepositoryName at, String what) throws TransientFailure {
    try {
      return answer
          .bytes(MAX_DOCUMENT, timing.stall(), timing.document())
          .orElseThrow(
              () ->
                  RegistryProblems.failed(
                      at, what + " has more than 1 MiB", "no manifest is that large"));
    } catch (IOException e) {
      TaskException failure = RegistryProblems.unreachable(at, what + " broke off", e);
      if (Thread.currentThread().isInterrupted()) {
        throw failure;
      }
      throw new TransientFailure(failure);
    }
  }

  /** Empty too if there are none: another host may know more. */
  private Optional<List<Descriptor>> referrers(Endpoint endpoint, RepositoryName at, String digest)
      throws TransientFailure {
    List<Descriptor> found = new ArrayList<>();
    Optional<String> page = Optional.of("referrers/" + digest);
    for (int pages = 0;
        page.isPresent() && pages < MAX_PAGES && found.size() < MAX_REFERRERS;
        pages++) {
      Answer answer = endpoint.get(at, page.get(), Map.of("Accept", INDEX));
      if (answer.status() == 200 && !answer.isHtml()) {
        byte[] index = bytes(answer, at, "the list of what refers to " + digest);
        found.addAll(descriptors(index, at, digest));
        page = nextPage(answer, at);
      } else {
        // Those that do not know the request answer 404 by the specification, and others in fact.
        answer.rest();
        String tag = digest.replace(':', '-');
        Optional<Document> tagged = document(endpoint, at, "manifests/" + tag, tag);
        if (tagged.isPresent()) {
          found.addAll(descriptors(tagged.get().bytes(), at, digest));
        }
        page = Optional.empty();
      }
    }
    return found.isEmpty() ? Optional.empty() : Optional.of(found);
  }

  /** Of the same kind and repository; what a registry links to besides that is not followed. */
  private static Optional<String> nextPage(Answer answer, RepositoryName at) {
    Matcher link = NEXT_PAGE.matcher(answer.header("Link").orElse(""));
    int start = ("/v2/" + at.path() + "/").length();
    return link.find() && link.group("target").startsWith("/v2/" + at.path() + "/referrers/")
        ? Optional.of(link.group("target").substring(start))
        : Optional.empty();
  }

  private static List<Descriptor> descriptors(byte[] index, RepositoryName at, String digest) {
    List<Descriptor> found = new ArrayList<>();
    try {
      for (JsonNode entry : RegistryJson.MAPPER.readTree(index).path("manifests")) {
        String target = entry.path("digest").asText();
        long size = entry.path("size").asLong(-1);
        if (DIGEST.matcher(target).matches() && size >= 0) {
          found.add(new Descriptor(entry.path("mediaType").asText(), target, size));
        }
      }
      return found;
    } catch (IOException e) {
      throw RegistryProblems.failed(
          at,
          "the list of what refers to " + digest + " is no JSON, or too long",
          "check the registry");
    }
  }

  private static String digest(byte[] bytes) {
    try {
      return "sha256:"
          + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private TaskException badReference(String reference) {
    return TaskException.failed(
        Problem.user(
            "BAD_REFERENCE",
            name
                + ": '"
                + HttpFailures.quoted(reference)
                + "' is neither a tag nor a digest; use a tag such as 1.0, or sha256: and 64 hex"
                + " digits"));
  }
}
