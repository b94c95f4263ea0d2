package org.lfedge.eve.tasks.core.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.SignatureCheck.Finding;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageSignature;
import org.lfedge.eve.tasks.core.port.TrustVerdict;

/**
 * Which images the node lets in, as its config says under {@code trust:}. For each purpose there is
 * a list of rules, and the first one whose pattern matches decides. Where none does, images of
 * tasks are accepted, and images of tools, whose programs run for many tasks, need a digest.
 *
 * @param images {@code trust.images}: rules for the roots of tasks
 * @param tools {@code trust.tools}: rules for the tools of executors
 */
public record TrustPolicy(List<Rule> images, List<Rule> tools) {

  /** What holds where the node's config says nothing. */
  public static final TrustPolicy DEFAULT = new TrustPolicy(List.of(), List.of());

  /** How many signatures a message tells of. */
  private static final int MAX_TOLD = 8;

  /** Keeps copies. */
  public TrustPolicy {
    images = List.copyOf(images);
    tools = List.copyOf(tools);
  }

  private static String configKey(ImagePurpose purpose) {
    return switch (purpose) {
      case IMAGE -> "trust.images";
      case TOOLS -> "trust.tools";
    };
  }

  /**
   * What is asked of the images of some repositories.
   *
   * @param pattern matched against the full name of the repository, with its registry and without a
   *     tag, such as {@code registry.local:5000/team/web}; {@code *} stands for any characters,
   *     slashes too. Capitals do not matter, as they do not in names of hosts.
   */
  public record Rule(String pattern, Requirement requirement) {

    /** The form of patterns. What follows the last slash has no colon: it would begin a tag. */
    public static final Pattern FORM =
        Pattern.compile("(?:[A-Za-z0-9.:*_\\[\\]-]+/)*[A-Za-z0-9.*_-]+");

    /**
     * Checks the pattern.
     *
     * @throws IllegalArgumentException if it is not of the {@link #FORM}
     */
    public Rule {
      if (!FORM.matcher(pattern).matches()) {
        throw new IllegalArgumentException("not a pattern for names of repositories: " + pattern);
      }
    }

    boolean matches(String repository) {
      String name = repository.toLowerCase(Locale.ROOT);
      String[] parts = pattern.toLowerCase(Locale.ROOT).split("\\*", -1);
      if (parts.length == 1) {
        return name.equals(parts[0]);
      }
      if (!name.startsWith(parts[0])) {
        return false;
      }
      int from = parts[0].length();
      for (int i = 1; i < parts.length - 1; i++) {
        int found = name.indexOf(parts[i], from);
        if (found < 0) {
          return false;
        }
        from = found + parts[i].length();
      }
      String last = parts[parts.length - 1];
      return name.endsWith(last) && name.length() - last.length() >= from;
    }
  }

  /** What an image must have to be let in. */
  public sealed interface Requirement {

    /** The word for it, as in the node's config. */
    String word();

    /** Nothing. */
    record Accept() implements Requirement {
      @Override
      public String word() {
        return "accept";
      }
    }

    /** That it is named by its digest, so that it is what whoever wrote the name meant. */
    record Digest() implements Requirement {
      @Override
      public String word() {
        return "digest";
      }
    }

    /**
     * A signature by one of some keys; a digest in its name does not stand in for it, nor is one
     * needed.
     *
     * @param keys at least one
     */
    record Signature(List<PinnedKey> keys) implements Requirement {

      /**
       * Keeps a copy.
       *
       * @throws IllegalArgumentException if there are no keys
       */
      public Signature {
        keys = List.copyOf(keys);
        if (keys.isEmpty()) {
          throw new IllegalArgumentException("a signature needs a key that could have made it");
        }
      }

      @Override
      public String word() {
        return "signature";
      }
    }
  }

  /**
   * Whether a rule for either purpose asks for a signature on images of a repository, so that it
   * pays to look for some.
   *
   * @param repository with its registry and without a tag
   */
  public boolean wantsSignature(String repository) {
    for (ImagePurpose purpose : ImagePurpose.values()) {
      if (requirement(purpose, rule(purpose, repository)) instanceof Requirement.Signature) {
        return true;
      }
    }
    return false;
  }

  /**
   * Decides about an image.
   *
   * <p>Of a signature's payload, the digest and the type count. The name in it, {@code
   * docker-reference}, does not, as it does not for {@code cosign verify}: an image is signed in
   * one registry and fetched from another, and what the node runs is fixed by the digest.
   *
   * @param repository with its registry and without a tag
   * @param pinnedDigest the one that the image's name holds; the caller has seen to it that it was
   *     fetched by it
   * @param digest what the name points to: an index or a manifest
   * @param digests what else stands for the image and may be signed in its place: the manifest for
   *     this node's platform under an index
   * @param signatures that were found for any of the digests; nothing of them is believed
   * @throws TaskException {@code DIGEST_REQUIRED} if the name holds none and must; {@code
   *     SIGNATURE_REQUIRED} if there is no signature and must be; {@code SIGNATURE_INVALID} if
   *     there are some and none counts, with what is wrong with each
   * @throws IllegalArgumentException if the pinned digest is another than those of the image
   */
  public TrustVerdict judge(
      ImagePurpose purpose,
      String repository,
      Optional<String> pinnedDigest,
      String digest,
      SortedSet<String> digests,
      List<ImageSignature> signatures) {
    SortedSet<String> accepted = new TreeSet<>(digests);
    accepted.add(digest);
    if (pinnedDigest.isPresent() && !accepted.contains(pinnedDigest.get())) {
      throw new IllegalArgumentException(
          "image " + repository + " was asked for by " + pinnedDigest.get() + ", not " + accepted);
    }
    Optional<Rule> rule = rule(purpose, repository);
    Requirement requirement = requirement(purpose, rule);
    Image image = new Image(purpose, repository, digest, rule);
    Optional<String> key = Optional.empty();
    if (requirement instanceof Requirement.Signature wanted) {
      key = Optional.of(image.signer(wanted.keys(), accepted, signatures).toString());
    } else if (requirement instanceof Requirement.Digest && pinnedDigest.isEmpty()) {
      throw image.needsDigest();
    }
    return new TrustVerdict(requirement.word(), rule.map(Rule::pattern), digest, key);
  }

  private Optional<Rule> rule(ImagePurpose purpose, String repository) {
    List<Rule> rules = purpose == ImagePurpose.IMAGE ? images : tools;
    return rules.stream().filter(rule -> rule.matches(repository)).findFirst();
  }

  private static Requirement requirement(ImagePurpose purpose, Optional<Rule> rule) {
    return rule.map(Rule::requirement)
        .orElseGet(
            () ->
                purpose == ImagePurpose.IMAGE
                    ? new Requirement.Accept()
                    : new Requirement.Digest());
  }

  /** An image in question, and the rule that decides about it. */
  private record Image(
      ImagePurpose purpose, String repository, String digest, Optional<Rule> rule) {

    PinnedKey signer(
        List<PinnedKey> keys, SortedSet<String> accepted, List<ImageSignature> signatures) {
      String wanted =
          " asks for a signature by "
              + keys.stream().map(PinnedKey::toString).collect(Collectors.joining(" or "));
      if (signatures.isEmpty()) {
        throw refused(
            "SIGNATURE_REQUIRED",
            wanted + ", and " + digest + " has none",
            "have it signed (cosign sign --key) and the signature pushed beside it");
      }
      List<String> faults = new ArrayList<>();
      for (ImageSignature signature : signatures) {
        Finding finding = SignatureCheck.check(signature, keys, accepted);
        if (finding instanceof Finding.Holds holds) {
          return holds.key();
        }
        if (finding instanceof Finding.Fails fails && faults.size() < MAX_TOLD) {
          faults.add("signature " + (faults.size() + 1) + " " + fails.why());
        }
      }
      int untold = signatures.size() - faults.size();
      throw refused(
          "SIGNATURE_INVALID",
          wanted
              + ", and "
              + digest
              + " has none that counts: "
              + String.join("; ", faults)
              + (untold > 0 ? "; and " + untold + " more that do not" : ""),
          "do not run it unless you know why; have it signed again (cosign sign --key)");
    }

    TaskException needsDigest() {
      return refused(
          "DIGEST_REQUIRED",
          " asks for a digest in its name, which has none",
          "name it as " + repository + "@" + digest + " if that is the one you mean");
    }

    private TaskException refused(String code, String what, String next) {
      String decides =
          rule.map(given -> "rule '" + given.pattern() + "' of " + configKey(purpose))
              .orElse("the default, as no rule of " + configKey(purpose) + " matches,");
      return TaskException.failed(
          Problem.user(
              code,
              "image %s: %s%s; %s, or change %s in the node's config"
                  .formatted(repository, decides, what, next, configKey(purpose))));
    }
  }
}
