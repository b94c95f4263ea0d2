package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Generated task documents of every shape, valid ones and such with known faults. */
public final class TaskDocumentArbitraries {

  /** Where relative paths of generated documents start. */
  public static final Path BASE = Path.of("/base");

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TaskDocumentArbitraries() {}

  /** Valid documents, as they were read. */
  public static Arbitrary<TaskDocument> tasks() {
    return documents()
        .map(
            document ->
                TaskDocuments.parse(document.toString().getBytes(StandardCharsets.UTF_8), BASE)
                    .get(0));
  }

  /** Valid documents, each key left out in some of them, each value in all the ways to write it. */
  public static Arbitrary<ObjectNode> documents() {
    SortedMap<String, Arbitrary<? extends JsonNode>> required = new TreeMap<>();
    required.put("name", names().map(JSON::textNode));
    required.put("resources", resources());
    SortedMap<String, Arbitrary<? extends JsonNode>> optional = new TreeMap<>();
    optional.put("version", Arbitraries.just(JSON.numberNode(1)));
    optional.put("displayName", titles().map(JSON::textNode));
    optional.put("executor", texts("native-container", "qemu", "x9"));
    optional.put("tools", texts("tools", "localhost:5000/a/tools@sha256:" + "0a".repeat(32)));
    optional.put("root", roots());
    optional.put("command", commands());
    optional.put("user", texts("root", "www-data:www-data", "0", "1000:1000", "ünal"));
    optional.put("workingDir", texts("/", "/srv/a b", "/ä/../c"));
    optional.put("env", env());
    optional.put("init", flags());
    optional.put("terminal", flags());
    optional.put("stop", object(none(), one("grace", graces())));
    optional.put("restart", restarts());
    optional.put("health", healths());
    optional.put("after", afters());
    optional.put("volumes", MeansArbitraries.volumes());
    optional.put("interfaces", MeansArbitraries.interfaces());
    optional.put("devices", MeansArbitraries.devices());
    optional.put("options", trees(2));
    // Combined, the edge cases would outnumber all others; those that matter are among the samples.
    return object(required, optional).withoutEdgeCases();
  }

  /** Valid names of tasks. */
  public static Arbitrary<String> names() {
    Arbitrary<String> part =
        Arbitraries.strings().withCharRange('a', 'z').numeric().ofMinLength(1).ofMaxLength(8);
    Arbitrary<String> joint = Arbitraries.of(".", "-");
    return Combinators.combine(part, Combinators.combine(joint, part).as(String::concat).list())
        .as((first, others) -> first + String.join("", others))
        .filter(name -> name.length() <= 63);
  }

  /** Texts that a writer of YAML, JSON or a command line could get wrong. */
  public static Arbitrary<String> awkwardTexts() {
    Arbitrary<String> soup =
        Arbitraries.of(
                "a",
                "Z",
                "0",
                " ",
                "'",
                "\"",
                "\\",
                ":",
                ": ",
                "{",
                "}",
                "[",
                "]",
                "#",
                " #",
                "&",
                "*",
                "!",
                "|",
                ">",
                "%",
                "@",
                "`",
                ",",
                "-",
                "---",
                "\n",
                "\r",
                "\t",
                "$",
                "=",
                "é",
                "\u20ac",
                "\ud83d\ude00",
                "\u0001",
                "\u0085",
                "\u2028",
                "\ufeff",
                "\u007f")
            .list()
            .ofMaxSize(12)
            .map(parts -> String.join("", parts));
    Arbitrary<String> words =
        Arbitraries.of(
            "",
            "true",
            "True",
            "null",
            "~",
            "yes",
            "1.50",
            "-0",
            "007",
            "0x1F",
            "1e3",
            ".inf",
            "<<",
            "=",
            "*x",
            "&x",
            "2001-01-01",
            "12:30:00",
            "? a",
            "- a");
    return Arbitraries.oneOf(soup, words);
  }

  private static Arbitrary<String> titles() {
    return awkwardTexts()
        .filter(text -> !text.isEmpty() && text.chars().noneMatch(Character::isISOControl));
  }

  private static Arbitrary<ObjectNode> resources() {
    SortedMap<String, Arbitrary<? extends JsonNode>> optional = new TreeMap<>();
    optional.put("cpus", cpus(4096));
    optional.put("tax", object(one("memory", sizes(0)), none()));
    Arbitrary<ObjectNode> shared = object(one("memory", sizes(1)), optional);
    Arbitrary<ObjectNode> pinned =
        Arbitraries.integers()
            .between(0, 4095)
            .list()
            .uniqueElements()
            .ofMaxSize(4)
            .flatMap(pins -> pinned(pins, optional));
    return Arbitraries.oneOf(shared, pinned);
  }

  private static Arbitrary<ObjectNode> pinned(
      List<Integer> pins, SortedMap<String, Arbitrary<? extends JsonNode>> optional) {
    SortedMap<String, Arbitrary<? extends JsonNode>> required = one("memory", sizes(1));
    required.put(
        "pin",
        Arbitraries.just(
            JSON.arrayNode().addAll(pins.stream().<JsonNode>map(JSON::numberNode).toList())));
    SortedMap<String, Arbitrary<? extends JsonNode>> others = new TreeMap<>(optional);
    others.put("cpus", cpus(pins.isEmpty() ? 4096 : pins.size()));
    return object(required, others);
  }

  private static Arbitrary<JsonNode> cpus(int most) {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(1, most).map(JSON::numberNode),
        Arbitraries.integers()
            .between(1, most * 1000)
            .map(milli -> JSON.numberNode(BigDecimal.valueOf(milli, 3))));
  }

  /** Sizes as text and as numbers. */
  private static Arbitrary<JsonNode> sizes(long min) {
    return Arbitraries.oneOf(
        Arbitraries.of(min, Sizes.MAX - 1, Sizes.MAX).map(JSON::numberNode),
        Arbitraries.longs().between(min, Sizes.MAX).map(JSON::numberNode),
        Arbitraries.longs().between(min, Sizes.MAX).map(n -> JSON.textNode(n + "B")),
        Combinators.combine(
                Arbitraries.integers().between(1, 8192),
                Arbitraries.of("", ".5", ".125"),
                Arbitraries.of("KB", "MB", "GB", "TB", "KiB", "MiB", "GiB"))
            .as((n, fraction, unit) -> JSON.textNode(n + fraction + unit)));
  }

  private static Arbitrary<ObjectNode> roots() {
    Arbitrary<String> paths = Arbitraries.of("a", "./a/../b", "/srv/x y", "../c/", "/a//b/.");
    Arbitrary<ObjectNode> images =
        Arbitraries.of(
                "web",
                "localhost:5000/a/b:1.2-x",
                "docker.io/library/nginx:1.27@sha256:" + "0a".repeat(32),
                "sha256:" + "f".repeat(64))
            .map(image -> field("image", JSON.textNode(image)));
    Arbitrary<Optional<String>> pulls = Arbitraries.of("always", "missing", "never").optional(0.5);
    Arbitrary<ObjectNode> artifacts =
        Arbitraries.of("a.example/app:1", "app@sha256:" + "0a".repeat(32))
            .map(name -> JSON.objectNode().put("artifact", name));
    Arbitrary<ObjectNode> kinds =
        Arbitraries.oneOf(
            Combinators.combine(images, pulls)
                .as(
                    (image, pull) -> {
                      ObjectNode root = image.deepCopy();
                      pull.ifPresent(when -> root.put("pull", when));
                      return root;
                    }),
            paths.map(path -> field("layout", JSON.textNode(path))),
            paths.map(path -> field("directory", JSON.textNode(path))),
            paths.map(path -> field("bundle", JSON.textNode(path))),
            paths.map(path -> field("jar", JSON.textNode(path))),
            byUrl().map(jar -> field("jar", jar)),
            Combinators.combine(byUrl(), Arbitraries.of("raw", "qcow2", "vmdk", "vhdx", "iso"))
                .as((disk, format) -> field("disk", disk.deepCopy().put("format", format))),
            Combinators.combine(artifacts, Arbitraries.of("qcow2", "iso", "jar", "file"), pulls)
                .as(
                    (file, format, pull) -> {
                      ObjectNode root = field("file", file.deepCopy().put("format", format));
                      pull.ifPresent(when -> root.put("pull", when));
                      return root;
                    }),
            Combinators.combine(paths, Arbitraries.of("raw", "qcow2", "vmdk", "vhdx", "iso"))
                .as((path, format) -> field("disk", file(path, format))),
            Combinators.combine(paths, Arbitraries.of("qcow2", "jar", "file"))
                .as((path, format) -> field("file", file(path, format))),
            Arbitraries.of("data", "task.data", "a-1.b")
                .map(name -> field("volume", JSON.textNode(name))),
            Arbitraries.just(field("host", JSON.booleanNode(true))));
    return Combinators.combine(
            kinds, flags().optional(0.5), Arbitraries.of("1MiB", "1.5GiB").optional(0.5))
        .as(
            (kind, readOnly, maxWritable) -> {
              ObjectNode root = kind.deepCopy();
              if (root.findValue("url") != null || root.findValue("artifact") != null) {
                return root.put("readOnly", true);
              }
              readOnly.ifPresent(flag -> root.set("readOnly", flag));
              boolean file =
                  root.has("disk") || root.has("jar") || root.has("file") || root.has("volume");
              boolean image = root.has("image") || root.has("layout");
              if (image || (!file && root.path("readOnly").asBoolean())) {
                maxWritable.ifPresent(size -> root.put("maxWritable", size));
              }
              return root;
            });
  }

  private static Arbitrary<ObjectNode> byUrl() {
    return Arbitraries.of(
            "https://repo.example/a/b-1.0+x.jar",
            "http://localhost:8080/%20/...",
            "https://[::1]:5000/a")
        .map(url -> JSON.objectNode().put("url", url).put("digest", "sha256:" + "0f".repeat(32)));
  }

  private static ObjectNode file(String path, String format) {
    return JSON.objectNode().put("source", path).put("format", format);
  }

  private static Arbitrary<ArrayNode> commands() {
    return Combinators.combine(scalars().filter(s -> !s.asText().isEmpty()), scalars().list())
        .as(
            (program, arguments) -> {
              ArrayNode command = JSON.arrayNode().add(program);
              arguments.forEach(command::add);
              return command;
            });
  }

  private static Arbitrary<ObjectNode> env() {
    Arbitrary<String> plainKeys =
        Arbitraries.oneOf(
            Arbitraries.of("A", "PATH", "TOKEN_FILE", "a.b", "_x"),
            awkwardTexts().filter(key -> !key.isEmpty() && key.indexOf('=') < 0));
    Arbitrary<JsonNode> secrets =
        Arbitraries.of("/etc/token", "token", "../x")
            .map(path -> field("secret", field("file", JSON.textNode(path))));
    return Combinators.combine(
            Arbitraries.maps(plainKeys, scalars()).ofMaxSize(4),
            Arbitraries.maps(Arbitraries.of("S", "s-1", "0.t"), secrets).ofMaxSize(2))
        .as(
            (plain, secret) -> {
              ObjectNode env = JSON.objectNode();
              env.setAll(plain);
              env.setAll(secret);
              return env;
            });
  }

  private static Arbitrary<JsonNode> scalars() {
    return Arbitraries.oneOf(
        awkwardTexts().map(JSON::textNode),
        Arbitraries.longs().map(JSON::numberNode),
        Arbitraries.bigDecimals().ofScale(3).map(JSON::numberNode),
        flags());
  }

  private static Arbitrary<JsonNode> graces() {
    return texts("0s", "1s", "500ms", "1m30s", "10m", "9m59s999ms", "0h30s", "600000ms");
  }

  private static Arbitrary<ObjectNode> restarts() {
    SortedMap<String, Arbitrary<? extends JsonNode>> optional = new TreeMap<>();
    optional.put("policy", texts("never", "on-failure", "always"));
    optional.put("backoff", texts("1ms", "1s", "1000ms", "4m59s", "0h5m"));
    optional.put("maxBackoff", texts("5m", "1h", "24h", "86400s"));
    optional.put("bootDelay", texts("0s", "90s", "24h"));
    Arbitrary<ObjectNode> longBackoff =
        object(one("backoff", texts("5m1ms", "24h")), one("policy", texts("always")));
    return Arbitraries.oneOf(object(none(), optional), longBackoff);
  }

  private static Arbitrary<ObjectNode> healths() {
    SortedMap<String, Arbitrary<? extends JsonNode>> optional = new TreeMap<>();
    optional.put("interval", texts("100ms", "10s", "24h"));
    optional.put("timeout", texts("100ms", "5s", "10m"));
    optional.put("retries", Arbitraries.integers().between(1, 1000).map(JSON::numberNode));
    optional.put("start", texts("0s", "30s", "24h"));
    return Arbitraries.oneOf(
        object(one("exec", commands()), optional),
        object(one("http", urls()), optional),
        object(
            one("tcp", Arbitraries.integers().between(1, 65535).map(JSON::numberNode)), optional));
  }

  private static Arbitrary<JsonNode> urls() {
    Arbitrary<String> hosts =
        Arbitraries.of(
            "localhost", "a-b.c0.example", "x--9", "9.a", "127.0.0.1", "[::1]", "[fe80::1.2.3.4]");
    Arbitrary<String> ports = Arbitraries.of("", ":1", ":8080", ":65535", ":00080");
    Arbitrary<String> paths =
        Arbitraries.strings().withChars("aZ09-._~!$&'()*+,;=:@/").ofMaxLength(6);
    return Combinators.combine(
            Arbitraries.of("http://", "https://"),
            hosts,
            ports,
            Arbitraries.oneOf(Arbitraries.just(""), paths.map(path -> "/" + path + "%2f" + path)),
            Arbitraries.oneOf(Arbitraries.just(""), paths.map(query -> "?" + query + "%00?")))
        .as(
            (scheme, host, port, path, query) ->
                JSON.textNode(scheme + host + port + path + query));
  }

  /** Others by names that {@link #names} does not give: no task waits for itself. */
  private static Arbitrary<ArrayNode> afters() {
    Arbitrary<ObjectNode> on = object(none(), one("on", texts("started", "healthy")));
    return Combinators.combine(
            Arbitraries.of("datastore", "messagebus", "registries.b-1").set().ofMaxSize(3),
            on.list().ofSize(3))
        .as(
            (names, conditions) -> {
              ArrayNode after = JSON.arrayNode();
              for (String name : names) {
                after.add(conditions.get(after.size()).deepCopy().put("task", name));
              }
              return after;
            });
  }

  /** Trees of any content, an object at the top. */
  private static Arbitrary<ObjectNode> trees(int levels) {
    Arbitrary<JsonNode> leaves =
        Arbitraries.oneOf(scalars(), Arbitraries.just((JsonNode) JSON.nullNode()));
    Arbitrary<JsonNode> values =
        levels == 0
            ? leaves
            : Arbitraries.oneOf(
                leaves,
                trees(levels - 1),
                leaves.list().ofMaxSize(3).map(list -> JSON.arrayNode().addAll(list)));
    return Arbitraries.maps(awkwardTexts(), values)
        .ofMaxSize(3)
        .map(map -> (ObjectNode) JSON.objectNode().setAll(map));
  }

  private static Arbitrary<JsonNode> texts(String... texts) {
    return Arbitraries.of(texts).map(JSON::textNode);
  }

  private static Arbitrary<JsonNode> flags() {
    return Arbitraries.of(true, false).map(JSON::booleanNode);
  }

  private static Arbitrary<ObjectNode> object(
      SortedMap<String, Arbitrary<? extends JsonNode>> required,
      SortedMap<String, Arbitrary<? extends JsonNode>> optional) {
    List<Arbitrary<Optional<ObjectNode>>> fields = new ArrayList<>();
    required.forEach((key, value) -> fields.add(value.map(node -> Optional.of(field(key, node)))));
    optional.forEach((key, value) -> fields.add(value.map(n -> field(key, n)).optional(0.6)));
    return Combinators.combine(fields)
        .as(
            given -> {
              ObjectNode object = JSON.objectNode();
              given.forEach(field -> field.ifPresent(object::setAll));
              return object;
            });
  }

  private static SortedMap<String, Arbitrary<? extends JsonNode>> one(
      String key, Arbitrary<? extends JsonNode> value) {
    SortedMap<String, Arbitrary<? extends JsonNode>> map = new TreeMap<>();
    map.put(key, value);
    return map;
  }

  private static SortedMap<String, Arbitrary<? extends JsonNode>> none() {
    return new TreeMap<>();
  }

  private static ObjectNode field(String key, JsonNode value) {
    return JSON.objectNode().set(key, value);
  }
}
