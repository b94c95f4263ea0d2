package org.lfedge.eve.tasks.core.plugin;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.lfedge.eve.tasks.spi.Executor;

/** A plugin that a test writes: sources, compiled in memory, and whatever else a JAR can hold. */
public final class PluginJar {

  static final String SERVICE = "META-INF/services/org.lfedge.eve.tasks.spi.Executor";

  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  /** One for all compilations: opening the classes of the JDK takes most of the time. */
  private static final StandardJavaFileManager FILES =
      COMPILER.getStandardFileManager(null, null, StandardCharsets.UTF_8);

  private static final Map<Map<String, String>, Map<String, byte[]>> COMPILED =
      new ConcurrentHashMap<>();

  private final Map<String, String> manifest = new TreeMap<>();
  private final Map<String, String> sources = new TreeMap<>();
  private final Map<String, byte[]> entries = new TreeMap<>();

  private final SortedSet<String> missing = new TreeSet<>();

  private PluginJar() {}

  /** A JAR with a manifest and nothing else. */
  public static PluginJar of(String id, String version) {
    PluginJar jar = new PluginJar();
    jar.manifest.put("Plugin-Id", id);
    jar.manifest.put("Plugin-Version", version);
    return jar;
  }

  /** A good plugin with one executor, whose seeds have an annotation {@code by}. */
  static PluginJar executor(String name, String version) {
    return of(name, version)
        .executorClass("Main", name, "", "\"" + name + "\"")
        .service("vendor.Main");
  }

  /**
   * A class {@code vendor.X} that is an executor.
   *
   * @param members of the class, beside those of an executor
   * @param by expression for the annotation {@code by} of its seeds
   */
  public PluginJar executorClass(
      String simpleName, String executorName, String members, String by) {
    return source(
        simpleName,
        """
        package vendor;
        import org.lfedge.eve.tasks.spi.*;
        import org.lfedge.eve.tasks.spi.seed.*;
        import org.lfedge.eve.tasks.spi.task.*;
        import java.util.*;
        public class %s implements Executor {
          public ExecutorInfo info() {
            return ExecutorInfo.builder("%s", "a test").root(Root.Kind.IMAGE).build();
          }
          public Seed seed(SeedRequest request) throws SeedException {
            Root root = request.task().root();
            if (root.kind() != Root.Kind.IMAGE) {
              throw SeedException.unsupported("root", root.kind());
            }
            List<String> env = new ArrayList<>();
            request.task().env().forEach((key, value) -> env.add(key + "=" + value));
            Seed.Builder seed =
                Seed.builder(
                        Base.TASK,
                        root.readOnly(),
                        AnchorProcess.builder(List.of("/anchor")).env(env).build())
                    .annotation("by", String.valueOf(%s));
            for (Volume volume : request.task().volumes()) {
              Source source = new Source.OfVolume(volume.name(), volume.views().first());
              seed.mount(new Mount(source, "/volumes/" + volume.name(), volume.readOnly()));
            }
            request.task().devices().forEach(seed::device);
            return seed.build();
          }
          %s
        }
        """
            .formatted(simpleName, executorName, by, members));
  }

  /** Adds a class of the package {@code vendor}. */
  public PluginJar source(String simpleName, String text) {
    sources.put(simpleName, text);
    return this;
  }

  /** Sets a value of the manifest. */
  public PluginJar manifest(String key, String value) {
    manifest.put(key, value);
    return this;
  }

  PluginJar without(String manifestKey) {
    manifest.remove(manifestKey);
    return this;
  }

  /** Leaves out a class of the package {@code vendor} that the others were compiled with. */
  PluginJar withoutClass(String simpleName) {
    missing.add("vendor/" + simpleName + ".class");
    return this;
  }

  /** Declares the executors. */
  public PluginJar service(String... classNames) {
    return entry(SERVICE, String.join("\n", classNames).getBytes(StandardCharsets.UTF_8));
  }

  PluginJar entry(String name, byte[] content) {
    entries.put(name, content);
    return this;
  }

  /** Compiles and packs it, without a manifest if no key of it is left. */
  public Path writeTo(Path file) throws IOException {
    Map<String, byte[]> all = new TreeMap<>(entries);
    all.putAll(compile());
    all.keySet().removeAll(missing);
    Manifest attributes = new Manifest();
    attributes.getMainAttributes().putValue("Manifest-Version", "1.0");
    manifest.forEach(attributes.getMainAttributes()::putValue);
    try (ZipOutputStream out =
        manifest.isEmpty()
            ? new ZipOutputStream(Files.newOutputStream(file))
            : new JarOutputStream(Files.newOutputStream(file), attributes)) {
      write(all, out);
    }
    return file;
  }

  /** Compiles and packs it as PF4J's archives are: properties, classes, and entries as they are. */
  Path writeZipTo(Path file) throws IOException {
    StringBuilder properties = new StringBuilder();
    manifest.forEach(
        (key, value) ->
            properties.append(key.toLowerCase(Locale.ROOT).replace('-', '.') + "=" + value + "\n"));
    Map<String, byte[]> all = new TreeMap<>();
    all.put("plugin.properties", properties.toString().getBytes(StandardCharsets.UTF_8));
    compile().forEach((name, bytes) -> all.put("classes/" + name, bytes));
    entries.forEach(
        (name, bytes) -> all.put(name.equals(SERVICE) ? "classes/" + name : name, bytes));
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      write(all, out);
    }
    return file;
  }

  private static void write(Map<String, byte[]> entries, ZipOutputStream out) throws IOException {
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      out.putNextEntry(new ZipEntry(entry.getKey()));
      out.write(entry.getValue());
      out.closeEntry();
    }
  }

  private Map<String, byte[]> compile() {
    return COMPILED.computeIfAbsent(Map.copyOf(sources), PluginJar::compile);
  }

  private static Map<String, byte[]> compile(Map<String, String> sources) {
    Map<String, ByteArrayOutputStream> classes = new TreeMap<>();
    List<String> options = List.of("-proc:none", "-classpath", spi().toString());
    List<JavaFileObject> units = new ArrayList<>();
    sources.forEach((name, text) -> units.add(new Source(name, text)));
    StringWriter messages = new StringWriter();
    JavaFileManager files = new ClassesInMemory(FILES, classes);
    if (!units.isEmpty() && !COMPILER.getTask(messages, files, null, options, null, units).call()) {
      throw new IllegalArgumentException(messages.toString());
    }
    Map<String, byte[]> compiled = new TreeMap<>();
    classes.forEach(
        (name, bytes) -> compiled.put(name.replace('.', '/') + ".class", bytes.toByteArray()));
    return compiled;
  }

  private static Path spi() {
    try {
      return Path.of(Executor.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The bytes of a class of the SPI, for plugins that pack it. */
  static byte[] bytesOf(Class<?> type) {
    try (var in = type.getResourceAsStream("/" + type.getName().replace('.', '/') + ".class")) {
      return in == null ? new byte[0] : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("memory:///" + name + Kind.SOURCE.extension), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class ClassesInMemory extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> classes;

    ClassesInMemory(JavaFileManager files, Map<String, ByteArrayOutputStream> classes) {
      super(files);
      this.classes = classes;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String className, JavaFileObject.Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("memory:///" + className), kind) {
        @Override
        public OutputStream openOutputStream() {
          ByteArrayOutputStream bytes = new ByteArrayOutputStream();
          classes.put(className, bytes);
          return bytes;
        }
      };
    }
  }
}
