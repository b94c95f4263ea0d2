package org.lfedge.eve.tasks.core.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.SeedFile;

class CloudInitDataTest {

  private static final String PATH = "volumes[2].source.cloudInit.userData";

  private static CloudInitData read(String userData) {
    return CloudInitData.read(userData, PATH);
  }

  private static List<String> problems(String userData) {
    List<Problem> problems = assertThrows(TaskException.class, () -> read(userData)).problems();
    for (Problem problem : problems) {
      assertEquals(PATH, problem.path());
      assertEquals("", problem.value());
      assertFalse(problem.message().contains("hunter2"), problem.message());
    }
    return problems.stream().map(problem -> problem.code() + ": " + problem.message()).toList();
  }

  private static void assertStarts(List<String> starts, List<String> problems) {
    assertEquals(starts.size(), problems.size(), problems::toString);
    for (int i = 0; i < starts.size(); i++) {
      assertTrue(problems.get(i).startsWith(starts.get(i)), problems.get(i));
    }
  }

  @Example
  void linesAreVariables() {
    assertEquals(
        new TreeMap<>(
            Map.of("A", "1", "B", "two words", "C", "", "D", "x=y", "E", "3", "F.g-h", "last")),
        read("""
                # a comment
                A=1

                  B = two words
                """
                    .replace("B = ", "B=")
                + "C=\r\nD=x=y\nexport E=3 # why\nF.g-h=first\nF.g-h=last")
            .env());
    assertEquals(List.of(), read("A=1").files());
    assertEquals(new TreeMap<>(), read("").env());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "A=b | b",
        "A='b c' | b c",
        "A='b \"c\" \\n' # d | b \"c\" \\n",
        "A=\"b 'c'\" | b 'c'",
        "A=\"b # c\" # d | b # c",
        "A=b#c | b#c",
        "A=b # c | b",
        "A=$HOME | $HOME",
        "A=b \"c\" | b \"c\""
      })
  void valuesMayBeQuoted(String line, String value) {
    assertEquals(Optional.of(new EnvLine("A", value)), EnvLine.parse(line));
    assertEquals(value, read("#cloud-config\nruncmd: [\"" + escaped(line) + "\"]").env().get("A"));
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  @Example
  void escapesCountInDoubleQuotes() {
    assertEquals(
        Optional.of(new EnvLine("A", "a\nb\t\"\\$`\r")),
        EnvLine.parse("A=\"a\\nb\\t\\\"\\\\\\$\\`\\r\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A",
        "=b",
        "A b=c",
        "1A=b",
        "A=\"b",
        "A='b",
        "A=\"b\" c",
        "A='b'c",
        "A=\"\\x\"",
        "A=\"\\\"",
        "export=",
        "exportA",
        "A=\0",
        "A =b"
      })
  void whatIsNoVariableIsRefused(String line) {
    if (!line.equals("export=")) {
      assertEquals(Optional.empty(), EnvLine.parse(line));
    } else {
      assertEquals(Optional.of(new EnvLine("export", "")), EnvLine.parse(line));
    }
  }

  @Example
  void everyBadLineIsNamedByItsNumberAlone() {
    assertStarts(
        List.of("BAD_VALUE: line 2 must be KEY=value", "BAD_VALUE: line 4 must be KEY=value"),
        problems("A=1\nhunter2\n\nB=\"hunter2\nC=3"));
  }

  @Example
  void aCloudConfigGivesVariablesAndFiles() {
    CloudInitData data =
        read(
            """
            #cloud-config
            packages: [nginx]
            runcmd:
              - A=1
              - export B='two words'
            write_files:
              - path: /etc/a.conf
                permissions: '0600'
                owner: root:root
                content: |
                  hello
              - {path: /srv//b/./c, encoding: b64, content: aGk=, permissions: 755, defer: true}
              - {path: /etc/empty}
              - {path: /etc/a.number, content: 7, append: false}
            users: [{name: hunter2}]
            """);
    assertEquals(new TreeMap<>(Map.of("A", "1", "B", "two words")), data.env());
    assertEquals(
        List.of(
            new SeedFile("/etc/a.conf", "hello\n".getBytes(UTF_8), 0600),
            new SeedFile("/etc/a.number", "7".getBytes(UTF_8), 0644),
            new SeedFile("/etc/empty", new byte[0], 0644),
            new SeedFile("/srv/b/c", "hi".getBytes(UTF_8), 0755)),
        data.files());
    assertEquals(List.of(), read("#cloud-config\n").files());
    assertEquals(List.of(), read("#cloud-config\nusers: []").files());
    assertEquals("b", read("#cloud-config  # v2\r\nruncmd: [A=b]\r\n").env().get("A"));
    assertEquals("b", read("# cloud-config\nA=b").env().get("A"));
  }

  @Example
  void compressedFilesAreBounded() throws IOException {
    assertEquals(
        List.of(new SeedFile("/a", "hello".getBytes(UTF_8), 0644)),
        read(compressed("hello".getBytes(UTF_8))).files());
    assertEquals(
        SeedFile.MAX_BYTES,
        read(compressed(new byte[SeedFile.MAX_BYTES])).files().get(0).content().length);
    assertStarts(
        List.of("TOO_LARGE: write_files[0].content"),
        problems(compressed(new byte[SeedFile.MAX_BYTES + 1])));
    StringBuilder many = new StringBuilder("#cloud-config\nwrite_files:\n");
    String one = compressed(new byte[SeedFile.MAX_BYTES]).split("write_files:\n", -1)[1];
    for (int i = 0; i < 5; i++) {
      many.append(one.replace("path: /a", "path: /a" + i));
    }
    assertStarts(List.of("TOO_LARGE: write_files"), problems(many.toString()));
  }

  private static String compressed(byte[] content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    }
    return "#cloud-config\nwrite_files:\n- {path: /a, encoding: gz+b64, content: "
        + Base64.getEncoder().encodeToString(bytes.toByteArray())
        + "}\n";
  }

  @Example
  void everythingThatIsWrongIsTold() {
    assertStarts(
        List.of(
            "BAD_VALUE: runcmd[0] must be KEY=value",
            "WRONG_TYPE: runcmd[1] must be a text",
            "MISSING: write_files[0].path is required",
            "PROTECTED_TARGET: write_files[1].path lies in /proc",
            "BAD_VALUE: write_files[2].path must be",
            "BAD_VALUE: write_files[2].encoding must be",
            "BAD_VALUE: write_files[3].content must be base64",
            "BAD_VALUE: write_files[4].content must be compressed",
            "BAD_VALUE: write_files[5].permissions must be",
            "UNSUPPORTED: write_files[5].owner must be",
            "UNSUPPORTED: write_files[5].append cannot be true",
            "UNKNOWN_KEY: write_files[5].contents is not a key"),
        problems(
            """
            #cloud-config
            runcmd:
              - echo hunter2
              - [echo, hunter2]
            write_files:
              - {content: hunter2}
              - {path: /proc/hunter2}
              - {path: hunter2, encoding: rot13, content: hunter2}
              - {path: /a, encoding: b64, content: "%hunter2"}
              - {path: /b, encoding: gz+b64, content: aHVudGVyMg==}
              - {path: /c, permissions: '4755', owner: "hunter2:x", append: true, contents: x}
            """));
    assertStarts(List.of("WRONG_TYPE: must be an object"), problems("#cloud-config\n- hunter2"));
    assertStarts(List.of("NOT_YAML: "), problems("#cloud-config\nruncmd: [hunter2"));
    assertStarts(List.of("WRONG_TYPE: runcmd"), problems("#cloud-config\nruncmd: hunter2"));
    assertStarts(
        List.of("BAD_VALUE: must be a single"), problems("#cloud-config\na: 1\n---\nb: 2"));
    assertStarts(List.of("TOO_LARGE: "), problems("A=" + "x".repeat(CloudInitData.MAX_BYTES)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#!/bin/sh\nA=hunter2",
        "#include\nhttp://hunter2/",
        "#cloud-boothook\n",
        "#cloud-config-archive\n- hunter2",
        "## template: jinja\n#cloud-config\n",
        "Content-Type: multipart/mixed; boundary=\"hunter2\"\n"
      })
  void whatOnlyGuestsUnderstandIsRefused(String userData) {
    assertStarts(List.of("UNSUPPORTED: must be #cloud-config or"), problems(userData));
  }

  @Example
  void variablesOfTheDocumentWin() {
    SortedMap<String, String> document = new TreeMap<>(Map.of("A", "document", "C", "3"));
    assertEquals(
        new TreeMap<>(Map.of("A", "document", "B", "2", "C", "3")),
        read("A=cloud-init\nB=2").under(document));
  }

  @Provide
  Arbitrary<String> soup() {
    return Arbitraries.of(
            "#cloud-config\n",
            "runcmd",
            "write_files",
            ": ",
            "\n- ",
            "\n  - ",
            "path: /a",
            "A=b",
            "content: x",
            "\n",
            "{",
            "}",
            "[",
            "]",
            "'",
            "\"",
            "\\",
            "=",
            "#",
            " ",
            "export ",
            "encoding: gz+b64",
            "H4sI",
            "&a ",
            "*a",
            "\0",
            "\u00e4")
        .list()
        .ofMaxSize(20)
        .map(parts -> String.join("", parts));
  }

  @Property
  void anyTextGivesDataOrProblems(@ForAll("soup") String text) {
    try {
      CloudInitData data = read(text);
      assertEquals(data, read(text));
      assertTrue(data.env().keySet().stream().noneMatch(name -> name.contains("=")));
    } catch (TaskException e) {
      e.problems().forEach(problem -> assertEquals(PATH, problem.path()));
    }
  }

  @Property
  void aValueInDoubleQuotesIsReadBack(@ForAll("values") String value) {
    String quoted =
        value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r");
    assertEquals(value, read("A=\"" + quoted + "\"").env().get("A"));
  }

  @Provide
  Arbitrary<String> values() {
    return TaskDocumentArbitraries.awkwardTexts();
  }
}
