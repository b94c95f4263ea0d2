package org.lfedge.eve.tasks.core.jar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class JarReadingTest {

  private static final String MAIN = "Manifest-Version: 1.0\r\nMain-Class: org.example.Main\r\n";

  private static Path file = Path.of("");

  @BeforeContainer
  static void make() throws IOException {
    file = Files.createTempFile("some", ".jar");
  }

  @AfterContainer
  static void remove() throws IOException {
    Files.delete(file);
  }

  private static SortedMap<String, String> read(byte[] jar, Optional<String> mainClass) {
    try {
      Files.write(file, jar);
      try (FileChannel channel = FileChannel.open(file)) {
        return JarReading.values(channel, mainClass);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SortedMap<String, String> read(TestJar jar) {
    return read(jar.bytes(), Optional.empty());
  }

  private static String refused(byte[] jar) {
    IOException cause =
        assertThrows(UncheckedIOException.class, () -> read(jar, Optional.empty())).getCause();
    assertEquals(MalformedJarException.class, cause.getClass(), cause.toString());
    return cause.getMessage();
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Arrays.stream(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static TestJar full() {
    return new TestJar()
        .manifest(
            MAIN
                + "Class-Path: lib/a.jar\r\n  lib/b.jar\r\nStart-Class: org.example.Start\r\n"
                + "Automatic-Module-Name: org.example.app\r\n"
                + "Launcher-Agent-Class: org.example.Agent\r\nMulti-Release: TRUE\r\n\r\n"
                + "Name: a/\r\nSealed: true\r\n\r\n")
        .classFile("BOOT-INF/classes/org/example/Start.class", 65)
        .classFile("org/example/Main.class", 52)
        .classFile("META-INF/versions/9/module-info.class", 53)
        .classFile("META-INF/versions/17/org/example/Main.class", 61);
  }

  @Example
  void everythingThatAJarSaysIsTold() {
    SortedMap<String, String> values = new TreeMap<>(read(full()));
    String manifest = values.remove("manifest");
    assertTrue(manifest.endsWith("Multi-Release: TRUE\r\n"), manifest);
    assertEquals(
        Map.of(
            "mainClass", "org.example.Main",
            "classPath", "lib/a.jar lib/b.jar",
            "startClass", "org.example.Start",
            "automaticModuleName", "org.example.app",
            "launcherAgent", "org.example.Agent",
            "multiRelease", "true",
            "classVersion", "52",
            "startClassVersion", "65",
            "module", "true"),
        values);
  }

  @Example
  void aJarNeedsToSayNothing() {
    assertEquals(Map.of(), read(new TestJar().entry("a", new byte[3])));
    assertEquals(Map.of("manifest", ""), read(new TestJar().manifest("")));
    assertEquals(
        Map.of("manifest", MAIN, "mainClass", "org.example.Main"),
        read(new TestJar().manifest(MAIN)));
  }

  @Example
  void aClassMayBeThereForLaterReleasesAlone() {
    TestJar jar =
        new TestJar()
            .manifest(MAIN + "Multi-Release: true\n")
            .classFile("META-INF/versions/21/org/example/Main.class", 65)
            .classFile("META-INF/versions/9/org/example/Main.class", 53);
    assertEquals("53", read(jar).get("classVersion"));
    TestJar plain =
        new TestJar().manifest(MAIN).classFile("META-INF/versions/9/org/example/Main.class", 53);
    assertEquals(null, read(plain).get("classVersion"));
  }

  @Example
  void anotherClassMayBeAskedAbout() {
    TestJar jar =
        new TestJar()
            .manifest(MAIN)
            .classFile("org/example/Main.class", 61)
            .classFile("Größe$1.class", 69);
    SortedMap<String, String> values = read(jar.bytes(), Optional.of("Größe$1"));
    assertEquals("69", values.get("classVersion"));
    assertEquals("org.example.Main", values.get("mainClass"));
  }

  @Example
  void archivesBehindScriptsAndBeforeCommentsAreFound() {
    byte[] plain = full().bytes();
    byte[] comment = plain.clone();
    ByteBuffer.wrap(comment).order(ByteOrder.LITTLE_ENDIAN).putShort(plain.length - 2, (short) 5);
    byte[] all = joined(ascii("#!/bin/sh\nexec java -jar $0\n"), comment, ascii("hello"));
    assertEquals(read(plain, Optional.empty()), read(all, Optional.empty()));
  }

  /** As with more than 65,535 entries: the true numbers stand in a second end. */
  @Example
  void largeArchivesAreRead() {
    byte[] plain = full().bytes();
    ByteBuffer end = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
    int at = plain.length - 22;
    ByteBuffer large = ByteBuffer.allocate(76).order(ByteOrder.LITTLE_ENDIAN);
    large.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45);
    large.putInt(0).putInt(0).putLong(end.getShort(at + 10)).putLong(end.getShort(at + 10));
    large.putLong(end.getInt(at + 12)).putLong(end.getInt(at + 16));
    large.putInt(0x07064b50).putInt(0).putLong(at).putInt(1);
    byte[] last = Arrays.copyOfRange(plain, at, plain.length);
    Arrays.fill(last, 8, 20, (byte) 0xff);
    byte[] all = joined(Arrays.copyOf(plain, at), large.array(), last);
    assertEquals(read(plain, Optional.empty()), read(all, Optional.empty()));
    byte[] lying = all.clone();
    ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putLong(at + 32, 1L << 40);
    assertTrue(refused(lying).contains("more entries than are believed"));
    ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putLong(at + 56 + 8, Long.MAX_VALUE);
    assertTrue(refused(lying).contains("does not lie in it"));
  }

  @Example
  void whatIsNoJarIsRefused() {
    assertTrue(refused(new byte[0]).contains("does not end as an archive does"));
    assertTrue(refused(ascii("#!/bin/sh\n")).contains("does not end as an archive does"));
    byte[] plain = full().bytes();
    refused(Arrays.copyOf(plain, plain.length - 1));
    byte[] lying = plain.clone();
    ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putInt(plain.length - 10, 1 << 30);
    assertTrue(refused(lying).contains("more entries than are believed"));
    ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN).putInt(plain.length - 10, 1 << 20);
    assertTrue(refused(lying).contains("does not lie in it"));
    assertTrue(refused(new TestJar().manifest("no manifest\n").bytes()).contains("manifest"));
    assertTrue(
        refused(new TestJar().manifest(MAIN).entry("org/example/Main.class", ascii("text")).bytes())
            .contains("no class"));
  }

  @Example
  void longManifestsAreReadAsFarAsTheirMainSection() {
    String entries = "Name: a/b.class\r\nSHA-256-Digest: abc\r\n\r\n".repeat(10_000);
    assertEquals(MAIN, read(new TestJar().manifest(MAIN + "\r\n" + entries)).get("manifest"));
    String many = "Name: value\r\n".repeat(6_000);
    assertTrue(refused(new TestJar().manifest(MAIN + many).bytes()).contains("64 KiB"));
    // What grows as it is unpacked is not unpacked.
    byte[] bomb = new TestJar().manifest("\0".repeat(200 << 20)).bytes();
    assertTrue(bomb.length < 1 << 20);
    assertTrue(refused(bomb).contains("64 KiB"));
  }

  /** Whatever is in a file, it is read or refused, and soon. */
  @Property(tries = 500)
  void damagedJarsAreReadOrRefused(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int n) {
    byte[] jar = full().bytes();
    Random random = new Random(seed);
    for (int i = 0; i < n; i++) {
      jar[random.nextInt(jar.length)] = (byte) random.nextInt();
    }
    try {
      var unused = read(jar, Optional.empty());
    } catch (UncheckedIOException e) {
      assertEquals(MalformedJarException.class, e.getCause().getClass(), e.toString());
    }
  }

  /** The JVM reads manifests with this very class. */
  @Property(tries = 100)
  void attributesAreThoseThatAJvmReads(@ForAll("values") String value) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, value);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    manifest.write(text);
    TestJar jar = new TestJar().entry("META-INF/MANIFEST.MF", text.toByteArray());
    assertEquals(value, read(jar).get("classPath"));
  }

  @Provide
  Arbitrary<String> values() {
    return Arbitraries.strings()
        .withChars("ab /.%äöü€:")
        .ofMinLength(1)
        .ofMaxLength(300)
        .map(text -> "x" + text + "x");
  }
}
