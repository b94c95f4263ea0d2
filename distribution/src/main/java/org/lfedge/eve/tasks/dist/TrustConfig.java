package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.policy.PinnedKey;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Requirement;
import org.lfedge.eve.tasks.core.policy.TrustPolicy.Rule;

/** Reads the section {@code trust} of the node's config, and the keys that it names. */
final class TrustConfig {

  private static final int MAX_KEY_FILE = 1 << 16;

  private enum Demand {
    ACCEPT,
    DIGEST,
    SIGNATURE
  }

  private static final TreeMap<String, Demand> DEMANDS =
      new TreeMap<>(
          Map.of("accept", Demand.ACCEPT, "digest", Demand.DIGEST, "signature", Demand.SIGNATURE));

  private TrustConfig() {}

  /** The policy; whatever is wrong is noted in the section, files that cannot be read included. */
  static TrustPolicy read(ConfigSection section) {
    TrustPolicy policy = new TrustPolicy(rules(section, "images"), rules(section, "tools"));
    section.refuseOtherKeys();
    return policy;
  }

  private static List<Rule> rules(ConfigSection section, String key) {
    List<Rule> rules = new ArrayList<>();
    for (ConfigSection item : section.sections(key)) {
      Optional<String> name =
          item.text("name", Rule.FORM, "a repository without a tag, such as registry.local/team/*");
      if (!item.has("name")) {
        item.conflict("name", "is missing; it says for which repositories the rule is, as \"*\"");
      }
      Requirement requirement = requirement(item);
      item.refuseOtherKeys();
      name.ifPresent(pattern -> rules.add(new Rule(pattern, requirement)));
    }
    return rules;
  }

  private static Requirement requirement(ConfigSection item) {
    Optional<Demand> demand = item.choice("require", DEMANDS);
    if (!item.has("require")) {
      item.conflict("require", "is missing; it is one of " + String.join(", ", DEMANDS.keySet()));
    }
    if (demand.equals(Optional.of(Demand.SIGNATURE))) {
      List<PinnedKey> keys = item.files("keys", TrustConfig::key);
      return keys.isEmpty() ? new Requirement.Digest() : new Requirement.Signature(keys);
    }
    if (item.has("keys") && demand.isPresent()) {
      item.conflict("keys", "belongs to require: signature; without it, no key is asked for");
    }
    return demand.equals(Optional.of(Demand.ACCEPT))
        ? new Requirement.Accept()
        : new Requirement.Digest();
  }

  private static PinnedKey key(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IllegalArgumentException("is no regular file");
    }
    byte[] text;
    try (InputStream in = Files.newInputStream(file)) {
      text = in.readNBytes(MAX_KEY_FILE + 1);
    } catch (IOException e) {
      throw new IllegalArgumentException("cannot be read: " + e, e);
    }
    if (text.length > MAX_KEY_FILE) {
      throw new IllegalArgumentException("has more than 64 KiB, which no public key has");
    }
    return PinnedKey.parse(file.toString(), new String(text, StandardCharsets.UTF_8));
  }
}
