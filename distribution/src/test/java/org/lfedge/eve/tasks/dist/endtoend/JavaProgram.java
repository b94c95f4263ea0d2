package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/** Classes that are compiled for a test, and other files, to be packed as a JAR. */
final class JavaProgram {

  private final TreeMap<String, byte[]> entries = new TreeMap<>();

  /**
   * Compiles classes.
   *
   * @param release of Java
   * @param below where they come to lie in the JAR, with a slash at its end, or empty
   * @param sources by the name of their class
   */
  JavaProgram classes(int release, String below, Map<String, String> sources) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    try {
      Path out = Files.createTempDirectory("classes-");
      try (StandardJavaFileManager files =
          compiler.getStandardFileManager(problems, null, StandardCharsets.UTF_8)) {
        files.setLocationFromPaths(StandardLocation.CLASS_OUTPUT, List.of(out));
        List<JavaFileObject> units = new ArrayList<>();
        sources.forEach((name, text) -> units.add(new Source(name, text)));
        List<String> options = List.of("-proc:none", "-nowarn", "--release", "" + release);
        boolean compiled = compiler.getTask(null, files, problems, options, null, units).call();
        if (!compiled) {
          throw new AssertionError(
              problems.getDiagnostics().stream()
                  .filter(one -> one.getKind() == Diagnostic.Kind.ERROR)
                  .toList());
        }
      }
      try (var found = Files.walk(out)) {
        for (Path file : found.filter(Files::isRegularFile).toList()) {
          entries.put(below + out.relativize(file), Files.readAllBytes(file));
        }
      }
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Says that all classes so far are for this version of the class file format. */
  JavaProgram classVersion(int major) {
    entries.forEach(
        (name, bytes) -> {
          if (name.endsWith(".class")) {
            bytes[6] = (byte) (major >> 8);
            bytes[7] = (byte) major;
          }
        });
    return this;
  }

  JavaProgram entry(String name, byte[] content) {
    entries.put(name, content);
    return this;
  }

  /** Sets the manifest, each line ended. */
  JavaProgram manifest(String... lines) {
    String text = "Manifest-Version: 1.0\n" + String.join("\n", lines) + "\n";
    return entry("META-INF/MANIFEST.MF", text.getBytes(StandardCharsets.UTF_8));
  }

  /** All of it, with entries that are not packed, as loaders of nested JARs want them. */
  byte[] bytes() {
    try {
      Path file = Files.createTempFile("packed-", ".jar");
      writeTo(file);
      byte[] bytes = Files.readAllBytes(file);
      Files.delete(file);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Packs it, over what is there. */
  void writeTo(Path file) {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        jar.putNextEntry(new ZipEntry(entry.getKey()));
        jar.write(entry.getValue());
        jar.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name.replace('.', '/') + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
