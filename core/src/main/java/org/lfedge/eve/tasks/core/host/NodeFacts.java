package org.lfedge.eve.tasks.core.host;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.AccountFiles;
import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.Root;

/** Answers executors from the files of the node. */
public final class NodeFacts implements FactSource {

  private static final int MAX_ACCOUNTS_BYTES = 1 << 20;

  private final ObjectMapper mapper = new ObjectMapper();

  @Override
  public Fact answer(FactQuery query, Root root) {
    if (query instanceof FactQuery.JsonFile json) {
      return jsonFile(json, root);
    }
    throw TaskException.failed(
        Problem.internal("UNSUPPORTED_FACT", "no source for the fact " + query));
  }

  private Fact jsonFile(FactQuery.JsonFile query, Root root) {
    String directory;
    if (root instanceof Root.Bundle bundle) {
      directory = bundle.path();
    } else if (root instanceof Root.Directory plain) {
      directory = plain.path();
    } else {
      throw TaskException.failed(
          Problem.internal(
              "UNSUPPORTED_FACT", "a root of kind " + root.kind() + " has no files to ask for"));
    }
    try {
      Optional<byte[]> bytes =
          ConfinedFiles.read(Path.of(directory), query.path(), FactQuery.JsonFile.MAX_BYTES);
      if (bytes.isEmpty()) {
        return Fact.absent(query);
      }
      SortedMap<String, String> values = new TreeMap<>();
      String text = new String(bytes.get(), StandardCharsets.UTF_8);
      collect(mapper.readTree(text), JsonPointer.empty(), values);
      values.put("", text);
      return Fact.present(query, values);
    } catch (JsonProcessingException e) {
      throw TaskException.failed(
          Problem.inDocument(
              "NOT_JSON",
              "root",
              directory,
              query.path() + " in it is not JSON: " + e.getOriginalMessage()));
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host(
              "CANNOT_READ", "cannot read " + query.path() + " in " + directory + ": " + e),
          e);
    }
  }

  private static void collect(JsonNode node, JsonPointer at, SortedMap<String, String> values) {
    if (node.isObject()) {
      for (Map.Entry<String, JsonNode> field : node.properties()) {
        collect(field.getValue(), at.appendProperty(field.getKey()), values);
      }
    } else if (node.isArray()) {
      int index = 0;
      for (Iterator<JsonNode> items = node.elements(); items.hasNext(); index++) {
        collect(items.next(), at.appendIndex(index), values);
      }
    } else if (!node.isNull() && !node.isMissingNode()) {
      values.put(at.toString(), node.asText());
    }
  }

  @Override
  public Optional<Path> realDirectory(String path) {
    try {
      Path real = Path.of(path).toRealPath();
      return Files.isDirectory(real) ? Optional.of(real) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("CANNOT_READ", "cannot look at directory " + path + ": " + e), e);
    }
  }

  @Override
  public boolean exists(String path) {
    return Files.exists(Path.of(path));
  }

  @Override
  public AccountFiles accounts(String directory) {
    return new AccountFiles(account(directory, "etc/passwd"), account(directory, "etc/group"));
  }

  private static String account(String directory, String file) {
    try {
      return ConfinedFiles.read(Path.of(directory), file, MAX_ACCOUNTS_BYTES)
          .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
          .orElse("");
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("CANNOT_READ", "cannot read " + file + " in " + directory + ": " + e), e);
    }
  }
}
