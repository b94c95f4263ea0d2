package org.lfedge.eve.tasks.core.eve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.JsonFormat;
import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.statistics.Statistics;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;

class EdgeConfigPropertiesTest {

  private static final NodeRules RULES = new NodeRules(NodeRules.usual(false), 4);

  @Provide
  Arbitrary<EdgeDevConfig> configs() {
    return EdgeConfigArbitraries.configs();
  }

  /** Edge cases are empty lists and texts for the most part, which random ones are as well. */
  @Property(edgeCases = EdgeCasesMode.NONE)
  void everyAppBecomesAValidTaskOrNamesWhatIsWrong(@ForAll("configs") EdgeDevConfig config) {
    Wanted wanted = EdgeConfigs.map(config, RULES);
    assertEquals(config.getAppsCount(), wanted.apps().size());
    Set<String> ids = new HashSet<>();
    for (App app : wanted.apps()) {
      assertTrue(ids.add(app.id()), app.id());
      assertEquals(app.document().isEmpty(), !app.problems().isEmpty(), app.toString());
      app.document()
          .ifPresent(
              document -> {
                assertEquals(app.id(), document.name());
                assertEquals(document, TaskDocuments.fromJson(TaskDocuments.toJson(document)));
              });
      for (Problem problem : app.problems()) {
        assertEquals(Problem.Kind.USER, problem.kind());
        assertFalse(problem.message().isBlank());
      }
      Statistics.collect(app.document().isPresent() ? "a task" : "problems");
    }
    // Neither is the exception, or little would be known of the other.
    Statistics.coverage(
        coverage -> {
          coverage.check("a task").percentage(share -> share > 5);
          coverage.check("problems").percentage(share -> share > 5);
        });
  }

  @Property
  void equalConfigsAreMappedAlike(@ForAll("configs") EdgeDevConfig config) throws Exception {
    Wanted once = EdgeConfigs.map(config, RULES);
    assertEquals(once, EdgeConfigs.map(EdgeDevConfig.parseFrom(config.toByteArray()), RULES));
  }

  @Property
  void whatIsNotKnownIsKept(
      @ForAll("configs") EdgeDevConfig config, @ForAll @IntRange(min = 60, max = 900) int field)
      throws Exception {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(
                field,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("later"))
                    .build())
            .build();
    byte[] bytes = config.toBuilder().setUnknownFields(unknown).build().toByteArray();
    EdgeDevConfig read = EdgeConfigs.parse(bytes, false);
    assertEquals(unknown, read.getUnknownFields());
    assertArrayEquals(bytes, read.toByteArray());
    assertEquals(EdgeConfigs.map(config, RULES), EdgeConfigs.map(read, RULES));
  }

  @Property
  void jsonSaysTheSame(@ForAll("configs") EdgeDevConfig config) throws Exception {
    try {
      String json = JsonFormat.printer().print(config);
      assertEquals(
          config, EdgeConfigs.parse(json.getBytes(java.nio.charset.StandardCharsets.UTF_8), true));
    } catch (IllegalArgumentException e) {
      // JSON has no number for what is none.
      assertTrue(config.toString().toLowerCase(java.util.Locale.ROOT).contains("nan"), e::toString);
    }
  }

  @Property
  void whatIsCutOffIsRefusedOrShorter(
      @ForAll("configs") EdgeDevConfig config,
      @ForAll @IntRange(min = 0, max = 1000) int permille) {
    byte[] bytes = config.toByteArray();
    byte[] cut = java.util.Arrays.copyOf(bytes, (int) ((long) bytes.length * permille / 1000));
    try {
      EdgeConfigs.parse(cut, false);
    } catch (TaskException e) {
      assertEquals("CONFIG_UNREADABLE", e.first().code());
    }
  }
}
