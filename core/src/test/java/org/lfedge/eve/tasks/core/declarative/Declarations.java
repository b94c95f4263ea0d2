package org.lfedge.eve.tasks.core.declarative;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;

/** Files and requests for the tests of declarative executors. */
final class Declarations {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
  private static final Pattern JSON_BLOCK = Pattern.compile("```json\n(.*?)```", Pattern.DOTALL);

  private Declarations() {}

  static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The guide for users. */
  static String guide() {
    Path module = Path.of(System.getProperty("basedir", "."));
    try {
      return Files.readString(module.resolve("../docs/declarative-executors.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The example of the guide. */
  static ObjectNode example() {
    Matcher block = JSON_BLOCK.matcher(guide());
    if (!block.find()) {
      throw new IllegalStateException("the guide has no example");
    }
    return (ObjectNode) json(block.group(1));
  }

  /** A file with this seed and the options {@code text} and {@code number}. */
  static ObjectNode withSeed(String seed) {
    ObjectNode file =
        (ObjectNode)
            json(
                """
                {"spi": "1.0", "summary": "", "rootKinds": ["file", "image"], "options": [
                  {"name": "text", "type": "string", "doc": ""},
                  {"name": "number", "type": "integer", "doc": ""},
                  {"name": "flag", "type": "boolean", "doc": ""},
                  {"name": "list", "type": "string_list", "doc": ""}]}
                """);
    file.set("seed", json(seed));
    return file;
  }

  /** A file whose seed has these arguments. */
  static ObjectNode withArgs(String args) {
    return withSeed("{\"base\": \"task\", \"process\": {\"args\": " + args + "}}");
  }

  static DeclarativeExecutor executor(JsonNode file) {
    return DeclarativeExecutor.of("sample", file.toString().getBytes(UTF_8));
  }

  static Declaration read(JsonNode file) {
    return DeclarationReader.read("sample", file.toString().getBytes(UTF_8));
  }

  /** The JSON of a request with a file as root, two volumes and two variables. */
  static ObjectNode request() {
    return (ObjectNode)
        json(
            """
            {"task": {
               "name": "web", "uuid": "00000000-0000-0000-0000-000000000001",
               "root": {"file": {"path": "/srv/app.jar", "format": "jar", "readOnly": true}},
               "command": ["--port", "80"], "env": {"A": "1", "B": "two words"}, "init": false,
               "resources": {"memoryBytes": 268435456, "milliCpus": 1000},
               "volumes": [
                 {"name": "data", "target": "/data", "readOnly": false,
                  "views": ["filesystem"], "mayBeLeftOut": false},
                 {"name": "etc", "target": "/conf", "readOnly": true,
                  "views": ["filesystem", "file"], "mayBeLeftOut": false}],
               "interfaces": [], "devices": [], "options": {}, "stopGraceMillis": 10000},
             "tools": {"digest": "sha256:00", "os": "linux", "architecture": "amd64",
               "entrypoint": [], "command": [], "env": [], "workingDir": "/",
               "labels": {"org.example.port": "8080"}},
             "host": {"architecture": "amd64", "kernel": "6.1.0", "cgroupVersion": 2, "cpus": 4,
               "memoryBytes": 8589934592, "accelerators": {}},
             "facts": []}
            """);
  }

  /** What {@link #request} stands for. */
  static SeedRequest request(ObjectNode json, List<Option> options) {
    ObjectNode call = MAPPER.createObjectNode().put("spi", "1.0").put("call", "seed");
    call.set("request", json);
    return ((Call.MakeSeed) Call.fromJson(call, options)).request();
  }

  /** What the seed of a file is for a request, before it is read as a seed. */
  static Optional<JsonNode> expand(ObjectNode file, ObjectNode request) throws SeedException {
    Declaration declaration = read(file);
    SeedRequest given = request(request, declaration.info().options());
    return Expansion.expand(declaration.seed(), Contexts.of(given, declaration, List.of()));
  }

  /** The arguments that a list of a file gives for a request. */
  static JsonNode args(String args, ObjectNode request) throws SeedException {
    return expand(withArgs(args), request).orElseThrow().at("/process/args");
  }
}
