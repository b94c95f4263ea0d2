package org.lfedge.eve.tasks.core.jar;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.core.jar.Archive.Entry;
import org.lfedge.eve.tasks.spi.FactQuery;

/** Reads what a {@link FactQuery.JarFile} asks about. */
public final class JarReading {

  private static final String MANIFEST = "META-INF/MANIFEST.MF";
  private static final String MODULE = "module-info.class";

  /** Classes for some version of Java and those after it, in a JAR of several releases. */
  private static final Pattern RELEASE =
      Pattern.compile("META-INF/versions/([1-9][0-9]{0,4})/(.+)");

  /** Where classes lie in JARs that have a loader of their own. */
  private static final List<String> NESTED = List.of("BOOT-INF/classes/", "WEB-INF/classes/");

  private static final int CLASS_MAGIC = 0xcafebabe;
  private static final int CLASS_HEAD = 8;

  /** By attribute of the manifest: the key of its value. */
  private static final SortedMap<String, String> ATTRIBUTES =
      new TreeMap<>(
          Map.of(
              "Main-Class", "mainClass",
              "Class-Path", "classPath",
              "Start-Class", "startClass",
              "Automatic-Module-Name", "automaticModuleName",
              "Launcher-Agent-Class", "launcherAgent"));

  private final Archive archive;
  private final TreeMap<String, String> values = new TreeMap<>();

  private JarReading(Archive archive) {
    this.archive = archive;
  }

  /**
   * The values of the fact.
   *
   * @param file open for reading, of any content; its position is moved
   * @param mainClass the class to look for in place of the one in the manifest
   * @throws MalformedJarException if it is no JAR, or one out of bounds
   */
  public static SortedMap<String, String> values(
      SeekableByteChannel file, Optional<String> mainClass) throws IOException {
    try {
      JarReading reading = new JarReading(new Archive(file));
      boolean releases = reading.readManifest();
      Optional<String> main = mainClass.or(() -> reading.value("mainClass"));
      reading.readClasses(main, reading.value("startClass"), releases);
      return reading.values;
    } catch (EOFException e) {
      throw new MalformedJarException("it is cut off");
    }
  }

  private Optional<String> value(String key) {
    return Optional.ofNullable(values.get(key));
  }

  /** Whether the manifest says that there are classes for several releases. */
  private boolean readManifest() throws IOException {
    Optional<Map.Entry<String, Entry>> found =
        archive.find(name -> name.equalsIgnoreCase(MANIFEST)).entrySet().stream()
            .min(Comparator.comparing(entry -> !entry.getKey().equals(MANIFEST)));
    if (found.isEmpty()) {
      return false;
    }
    byte[] section = mainSection(found.get().getKey(), found.get().getValue());
    values.put("manifest", new String(section, StandardCharsets.UTF_8));
    Attributes attributes;
    try {
      attributes = new Manifest(new ByteArrayInputStream(section)).getMainAttributes();
    } catch (IOException e) {
      throw new MalformedJarException("its manifest cannot be read: " + e.getMessage());
    }
    ATTRIBUTES.forEach(
        (attribute, key) ->
            Optional.ofNullable(attributes.getValue(attribute))
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .ifPresent(value -> values.put(key, value)));
    boolean releases = "true".equalsIgnoreCase(attributes.getValue("Multi-Release"));
    if (releases) {
      values.put("multiRelease", "true");
    }
    return releases;
  }

  /** Up to the first empty line: what is said of single entries may be long. */
  private byte[] mainSection(String name, Entry entry) throws IOException {
    byte[] head = archive.head(name, entry, FactQuery.JarFile.MAX_MANIFEST_BYTES + 1);
    int line = 0;
    for (int at = 0; at < head.length; at++) {
      boolean ends = head[at] == '\n' || head[at] == '\r';
      if (ends && at == line) {
        return Arrays.copyOf(head, at);
      }
      if (ends) {
        boolean pair = head[at] == '\r' && at + 1 < head.length && head[at + 1] == '\n';
        at += pair ? 1 : 0;
        line = at + 1;
      }
    }
    if (head.length > FactQuery.JarFile.MAX_MANIFEST_BYTES) {
      throw new MalformedJarException(
          "the main section of its manifest has more than "
              + (FactQuery.JarFile.MAX_MANIFEST_BYTES >> 10)
              + " KiB");
    }
    return head;
  }

  private void readClasses(Optional<String> main, Optional<String> start, boolean releases)
      throws IOException {
    Optional<String> mainFile = main.map(JarReading::file);
    Optional<String> startFile = start.map(JarReading::file);
    SortedMap<String, Entry> found =
        archive.find(
            name -> {
              String plain = plain(name, releases);
              return plain.equals(MODULE)
                  || mainFile.filter(plain::equals).isPresent()
                  || startFile.filter(file -> isNested(plain, file)).isPresent();
            });
    if (found.keySet().stream().anyMatch(name -> plain(name, releases).equals(MODULE))) {
      values.put("module", "true");
    }
    if (mainFile.isPresent()) {
      putVersion("classVersion", found, List.of(mainFile.get()), releases);
    }
    if (startFile.isPresent()) {
      List<String> places = NESTED.stream().map(place -> place + startFile.get()).toList();
      putVersion("startClassVersion", found, places, releases);
    }
  }

  private static boolean isNested(String name, String file) {
    return NESTED.stream().anyMatch(place -> name.equals(place + file));
  }

  private static String file(String className) {
    return className.replace('.', '/') + ".class";
  }

  /** A name without the release that it is for. */
  private static String plain(String name, boolean releases) {
    Matcher matcher = RELEASE.matcher(name);
    return releases && matcher.matches() ? matcher.group(2) : name;
  }

  /**
   * The version of a class that every JVM could load: that for all releases, else that for the
   * lowest.
   */
  private void putVersion(
      String key, SortedMap<String, Entry> found, List<String> places, boolean releases)
      throws IOException {
    Optional<Map.Entry<String, Entry>> lowest =
        found.entrySet().stream()
            .filter(entry -> places.contains(plain(entry.getKey(), releases)))
            .min(Comparator.comparingInt(entry -> release(entry.getKey())));
    if (lowest.isEmpty()) {
      return;
    }
    String name = lowest.get().getKey();
    byte[] head = archive.head(name, lowest.get().getValue(), CLASS_HEAD);
    ByteBuffer buffer = ByteBuffer.wrap(head);
    if (head.length < CLASS_HEAD || buffer.getInt(0) != CLASS_MAGIC) {
      throw new MalformedJarException(name + " in it is no class");
    }
    values.put(key, Integer.toString(buffer.getShort(6) & 0xffff));
  }

  private static int release(String name) {
    Matcher matcher = RELEASE.matcher(name);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
  }
}
