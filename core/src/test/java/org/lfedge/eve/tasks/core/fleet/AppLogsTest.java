package org.lfedge.eve.tasks.core.fleet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.controller.Message;
import org.lfedge.eve.tasks.core.output.OutputBounds;
import org.lfedge.eve.tasks.core.output.OutputLogs;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.OutputPlace;

/** Bundles out of a real log. */
class AppLogsTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String TASK = "web";

  @TempDir private Path directory;
  private OutputLogs output;
  private OutputFiles files;

  @BeforeEach
  void start() {
    output =
        new OutputLogs(
            directory,
            OutputBounds.DEFAULT,
            (task, purpose, command) -> "",
            InstantSource.system());
    files = output.create(TASK);
  }

  private AppLogs logs(OutputPlace begin) {
    return new AppLogs("app", "An app", output.readOn(TASK, begin));
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  private static List<String> lines(byte[] bundle) throws IOException {
    List<String> lines = new ArrayList<>();
    try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(bundle))) {
      for (String entry : new String(unpacked.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        lines.add(MAPPER.readTree(entry).path("content").asText());
      }
    }
    return lines;
  }

  /** The lines of all bundles that are there now, which are handed over. */
  private static List<String> handed(AppLogs logs, Instant begun) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Optional<byte[]> next = logs.next(begun); next.isPresent(); next = logs.next(begun)) {
      lines.addAll(lines(next.get()));
      logs.handed();
    }
    return lines;
  }

  @Test
  void eachLineIsHandedOverOnceHoweverOftenItIsBegunAnew() throws IOException {
    OutputPlace place = OutputPlace.BEGINNING;
    List<String> handed = new ArrayList<>();
    for (String text : List.of("on", "e\ntwo\nth", "", "ree", "\n", "four\nfi", "ve\n")) {
      write(files.stdout(), text);
      write(files.stderr(), text.toUpperCase(Locale.ROOT));
      AppLogs logs = logs(place);
      handed.addAll(handed(logs, Instant.MIN));
      place = logs.place();
    }
    assertEquals(
        List.of("one", "two", "three", "four", "five"),
        handed.stream().filter(line -> Character.isLowerCase(line.charAt(0))).toList());
    assertEquals(
        List.of("ONE", "TWO", "THREE", "FOUR", "FIVE"),
        handed.stream().filter(line -> Character.isUpperCase(line.charAt(0))).toList());
  }

  @Test
  void whatWasWrittenInOneMomentIsHandedOverOnceInSeveralBundles() throws IOException {
    StringBuilder text = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      expected.add("line " + i);
      text.append("line ").append(i).append('\n');
    }
    write(files.stdout(), text.toString());
    List<String> handed = new ArrayList<>();
    OutputPlace place = OutputPlace.BEGINNING;
    while (handed.size() < expected.size()) {
      AppLogs logs = logs(place);
      handed.addAll(lines(logs.next(Instant.MIN).orElseThrow()));
      place = logs.place();
    }
    assertEquals(expected, handed);
  }

  @Test
  void aBundleStaysUntilItIsHandedOver() throws IOException {
    AppLogs logs = logs(OutputPlace.BEGINNING);
    write(files.stdout(), "one\n");
    assertEquals(List.of("one"), lines(logs.next(Instant.MIN).orElseThrow()));
    write(files.stdout(), "two\n");
    assertEquals(List.of("one", "two"), handed(logs, Instant.MIN));
  }

  @Test
  void theLastLineOfAProgramNeedsNoLineFeed() throws IOException {
    AppLogs logs = logs(OutputPlace.BEGINNING);
    write(files.stdout(), "start\npanic: no");
    assertEquals(List.of("start"), handed(logs, Instant.MIN));
    assertEquals(List.of("panic: no"), handed(logs, Instant.MAX));
    assertEquals(List.of(), handed(logs(logs.place()), Instant.MAX));

    write(files.stdout(), "start\npanic: again");
    Instant ended = Instant.now().minusSeconds(60);
    Files.setLastModifiedTime(files.stdout(), FileTime.from(ended));
    assertEquals(List.of("start"), handed(logs, Instant.MIN));
    write(files.stdout(), "start\nlogin: ");
    Instant begun = ended.plusSeconds(30);
    assertEquals(List.of("panic: again", "start"), handed(logs, begun));
    assertEquals(List.of(), handed(logs, begun));
  }

  @Test
  void noBundleIsTooLargeForAMessage() throws IOException {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 1 << 20; i++) {
      text.append(i % 1000 == 999 ? '\n' : (char) (0x800 + random.nextInt(0xd000 - 0x800)));
    }
    write(files.stdout(), text.toString());
    AppLogs logs = logs(OutputPlace.BEGINNING);
    int bundles = 0;
    for (Optional<byte[]> next = logs.next(Instant.MIN);
        next.isPresent();
        next = logs.next(Instant.MIN)) {
      assertTrue(next.get().length < Message.MAX_BYTES, "of " + next.get().length + " bytes");
      logs.handed();
      bundles++;
    }
    assertTrue(bundles > 1);
  }
}
