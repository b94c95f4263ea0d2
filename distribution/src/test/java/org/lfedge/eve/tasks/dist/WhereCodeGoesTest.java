package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table for newcomers names every package with its folder, and none that is not there. */
class WhereCodeGoesTest {

  private static final Path ROOT = Path.of("..");
  private static final String SOURCES = "src/main/java";
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([a-z/-]+)` \\| `(org\\.lfedge[a-z0-9.]+)` \\| (.+) \\|$");

  @Test
  void theTableAndThePackagesAgree() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    Matcher row = ROW.matcher(Files.readString(ROOT.resolve("docs/where-code-goes.md")));
    while (row.find()) {
      documented.put(row.group(2), row.group(1));
      assertTrue(row.group(3).length() > 20, "too short to help anyone: " + row.group());
    }

    Map<String, String> present = new TreeMap<>();
    for (String module : modules()) {
      for (String name : packages(ROOT.resolve(module).resolve(SOURCES))) {
        present.put(name, module);
      }
    }

    assertEquals(present, documented);
  }

  /** As the root pom lists them. */
  private static SortedSet<String> modules() throws IOException {
    SortedSet<String> modules = new TreeSet<>();
    Matcher module =
        Pattern.compile("<module>(.+)</module>").matcher(Files.readString(ROOT.resolve("pom.xml")));
    while (module.find()) {
      modules.add(module.group(1));
    }
    return modules;
  }

  private static SortedSet<String> packages(Path sources) throws IOException {
    SortedSet<String> packages = new TreeSet<>();
    if (Files.notExists(sources)) {
      return packages; // a module without code of its own, as the archetype
    }
    try (Stream<Path> files = Files.walk(sources)) {
      files
          .filter(file -> file.endsWith("package-info.java"))
          .forEach(
              file ->
                  packages.add(
                      sources.relativize(file.resolveSibling("")).toString().replace('/', '.')));
    }
    return packages;
  }
}
