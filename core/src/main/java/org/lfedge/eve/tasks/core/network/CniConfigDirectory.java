package org.lfedge.eve.tasks.core.network;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The configs of CNI that others put on the node. A broken one is told and disturbs no other. */
final class CniConfigDirectory {

  private static final Pattern FILE = Pattern.compile("(.+)\\.(?:conflist|conf|json)");
  private static final int MAX_BYTES = 1 << 20;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private CniConfigDirectory() {}

  /**
   * What a file holds: a config, or what is wrong with it.
   *
   * @param name of the network; for a file that cannot be read, its own name without the ending
   */
  record Found(String name, Path file, Optional<CniConfig> config, Optional<String> problem) {}

  /** All files, by name, as that is the order in which a name that occurs twice is decided. */
  static List<Found> read(Path directory) {
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(file -> FILE.matcher(name(file)).matches()).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      return List.of(
          new Found(name(directory), directory, Optional.empty(), Optional.of("unreadable: " + e)));
    }
    List<Found> found = new ArrayList<>();
    files.forEach(file -> found.add(readFile(file)));
    return found;
  }

  private static Found readFile(Path file) {
    Matcher matcher = FILE.matcher(name(file));
    String name = matcher.matches() ? matcher.group(1) : name(file);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] text = in.readNBytes(MAX_BYTES + 1);
      if (text.length > MAX_BYTES) {
        throw new IllegalArgumentException("it has more than 1 MiB");
      }
      JsonNode json = MAPPER.readTree(text);
      String given = json.path("name").asText();
      name = given.isEmpty() ? name : given;
      CniConfig config = CniConfig.parse(json);
      return new Found(config.name(), file, Optional.of(config), Optional.empty());
    } catch (JsonProcessingException e) {
      return broken(name, file, "it is no JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      return broken(name, file, "it cannot be read: " + e);
    } catch (IllegalArgumentException e) {
      return broken(name, file, String.valueOf(e.getMessage()));
    }
  }

  private static Found broken(String name, Path file, String problem) {
    return new Found(name, file, Optional.empty(), Optional.of(problem));
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
