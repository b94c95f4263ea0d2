package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.config.DocumentText.Document;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * What the user data of cloud-init are for a program that has no cloud-init: variables, and files
 * that are there before it starts.
 *
 * <p>Data that begin with {@code #cloud-config} are YAML. Of them {@code runcmd}, each of whose
 * items must be {@code KEY=value}, and {@code write_files} count; what else is there is for guests
 * and has no effect. Any other data are lines of {@code KEY=value}; scripts and other kinds that
 * cloud-init knows are refused. Of a name or path that stands twice the last counts, as it does in
 * cloud-init.
 *
 * @param env variables, which those of the task document override
 * @param files by their targets, each of them once
 */
public record CloudInitData(SortedMap<String, String> env, List<SeedFile> files) {

  /** The largest user data: 64 KiB. */
  public static final int MAX_BYTES = 64 * 1024;

  private static final Pattern CLOUD_CONFIG = Pattern.compile("#cloud-config(\\s.*)?");

  /** How data begin that are neither: scripts, and other kinds that cloud-init knows. */
  private static final Pattern FOR_GUESTS =
      Pattern.compile(
          "(#!|#include|#part-handler|#cloud-|## *template:|Content-Type:|From |MIME-Version:).*");

  private static final int MAX_FILES = 64;

  /** What all files hold together at most, decompressed. */
  private static final int MAX_TOTAL = 4 << 20;

  /** Keeps copies. */
  public CloudInitData {
    env = SortedCopies.mapOf(env);
    files = List.copyOf(files);
  }

  /**
   * Reads user data. Nothing of them is shown in problems.
   *
   * @param path of the data in the task document, such as {@code
   *     volumes[0].source.cloudInit.userData}
   * @throws TaskException with everything that is wrong, under that path
   */
  public static CloudInitData read(String userData, String path) {
    Problems problems = new Problems();
    CloudInitData data = new CloudInitData(new TreeMap<>(), List.of());
    if (userData.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      problems.add(Problem.user("TOO_LARGE", "must have at most 64 KiB"));
    } else {
      String first = userData.lines().findFirst().orElse("");
      if (CLOUD_CONFIG.matcher(first).matches()) {
        data = config(userData, problems);
      } else if (FOR_GUESTS.matcher(first).matches()) {
        problems.add(
            Problem.user(
                "UNSUPPORTED",
                "must be #cloud-config or lines of KEY=value: a container runs no scripts and no"
                    + " other kinds of user data"));
      } else {
        data = lines(userData, problems);
      }
    }
    problems.at(path).throwIfAny();
    return data;
  }

  /** The variables of a program: those of its document, and what only cloud-init has. */
  public SortedMap<String, String> under(SortedMap<String, String> documentEnv) {
    TreeMap<String, String> merged = new TreeMap<>(env);
    merged.putAll(documentEnv);
    return merged;
  }

  private static CloudInitData lines(String userData, Problems problems) {
    TreeMap<String, String> env = new TreeMap<>();
    List<String> lines = userData.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String place = "line " + (i + 1);
      EnvLine.parse(line)
          .ifPresentOrElse(
              variable -> env.put(variable.name(), variable.value()),
              () -> problems.add(Problem.user("BAD_VALUE", place + " " + EnvLine.MUST)));
    }
    if (env.size() > DocumentValue.MAX_LIST) {
      problems.add(
          Problem.user(
              "OUT_OF_RANGE", "must have at most " + DocumentValue.MAX_LIST + " variables"));
    }
    return new CloudInitData(env, List.of());
  }

  private static CloudInitData config(String userData, Problems problems) {
    TreeMap<String, String> env = new TreeMap<>();
    TreeMap<String, SeedFile> files = new TreeMap<>();
    List<Document> documents =
        DocumentText.read(userData.getBytes(StandardCharsets.UTF_8), problems);
    if (documents.size() > 1) {
      problems.add(Problem.user("BAD_VALUE", "must be a single YAML document"));
    }
    for (Document document : documents) {
      problems.addAll(document.problems());
      JsonNode tree = document.tree();
      if (!tree.isObject()) {
        problems.add(Problem.user("WRONG_TYPE", "must be an object with keys such as runcmd"));
        continue;
      }
      value(tree, "runcmd", problems)
          .ifPresent(v -> v.list(DocumentValue.MAX_LIST, (index, item) -> variable(item, env)));
      value(tree, "write_files", problems)
          .ifPresent(
              v ->
                  v.list(MAX_FILES, (index, item) -> item.object(CloudInitFile::read))
                      .forEach(file -> files.put(file.target(), file)));
    }
    if (files.values().stream().mapToLong(file -> file.content().length).sum() > MAX_TOTAL) {
      problems.add(Problem.user("TOO_LARGE", "write_files must hold at most 4 MiB together"));
    }
    return new CloudInitData(env, List.copyOf(files.values()));
  }

  private static Optional<DocumentValue> value(JsonNode tree, String key, Problems problems) {
    return Optional.ofNullable(tree.get(key))
        .map(node -> new DocumentValue(node, Place.DOCUMENT.key(key), true, problems));
  }

  private static Optional<String> variable(DocumentValue v, SortedMap<String, String> env) {
    return v.text()
        .flatMap(
            text -> {
              Optional<EnvLine> variable = EnvLine.parse(text.strip());
              if (variable.isEmpty()) {
                return v.refuse(
                    "BAD_VALUE", EnvLine.MUST + "; a container runs no other command of runcmd");
              }
              env.put(variable.get().name(), variable.get().value());
              return Optional.of(text);
            });
  }
}
