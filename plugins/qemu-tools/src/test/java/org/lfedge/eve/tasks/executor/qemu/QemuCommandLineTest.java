package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.executor.qemu.QemuCommandLine.OptionList;

/** What is written is what QEMU reads. */
class QemuCommandLineTest {

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of("", ",", ",,", "a,b=c", "-x", "--", "=", "\"'\\", "käse 日本 \uD83D\uDE00"),
        Arbitraries.strings().withChars(",=-'\"\\ \t\n{}[]:ä€\u0001").ofMaxLength(12),
        Arbitraries.strings().ascii().ofMaxLength(20));
  }

  @Provide
  Arbitrary<List<String>> manyTexts() {
    return texts().list().ofMinSize(1).ofMaxSize(5);
  }

  @Property
  void optionsAreReadAsTheyWerePutIn(@ForAll("manyTexts") List<String> values) {
    Map<String, String> put = new LinkedHashMap<>();
    OptionList list = OptionList.of("key0", values.get(0));
    put.put("key0", values.get(0));
    for (int i = 1; i < values.size(); i++) {
      list.with("key" + i, values.get(i));
      put.put("key" + i, values.get(i));
    }
    assertEquals(put, Argv.readOptions(list.toString()));
  }

  @Property
  void jsonIsReadAsItWasPutIn(
      @ForAll("manyTexts") List<String> values, @ForAll long number, @ForAll boolean flag) {
    JsonObject inner = new JsonObject();
    for (int i = 0; i < values.size(); i++) {
      inner.put("key" + i, values.get(i));
    }
    JsonNode read =
        Argv.readJson(
            new JsonObject()
                .put(values.get(0), inner)
                .put("number;", number)
                .put("flag;", flag)
                .putNull("null;")
                .toString());
    assertEquals(4, read.size());
    for (int i = 0; i < values.size(); i++) {
      assertEquals(values.get(i), read.get(values.get(0)).get("key" + i).textValue());
    }
    assertEquals(number, read.get("number;").longValue());
    assertEquals(flag, read.get("flag;").booleanValue());
    assertEquals(true, read.get("null;").isNull());
  }

  @Property
  void argumentsStandAsTheyAre(@ForAll("texts") String text) {
    assertEquals(
        List.of("qemu", "-S", "-append", text, "-name", "guest=" + text.replace(",", ",,")),
        new QemuCommandLine("qemu")
            .flag("-S")
            .text("-append", text)
            .options("-name", OptionList.of("guest", text))
            .args());
  }

  @Test
  void theFirstValueNeedsNoKey() {
    assertEquals(
        Map.of("", "a,b", "c", "d"),
        Argv.readOptions(OptionList.of("a,b").with("c", "d").toString()));
  }
}
