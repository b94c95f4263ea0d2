package org.lfedge.eve.tasks.core.sandboxed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.port.SandboxResult;
import org.lfedge.eve.tasks.core.port.SandboxResult.Exceeded;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

class SeedSandboxesTest {

  private static final String INFO =
      "{'spi':'1.0','info':{'name':'some','summary':'a test','rootKinds':['none']}}";
  private static final String SEED =
      "{'spi':'1.0','seed':{'base':'tools','process':{'args':['/bin/serve']}}}";

  @TempDir Path temporary;

  private final List<SandboxJob> jobs = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();

  /** The code of others, played by a function from the call to what it writes. */
  private SeedSandboxes sandboxes(Function<String, SandboxResult> code) {
    return new SeedSandboxes(
        job -> {
          jobs.add(job);
          String call = read(job.binds().get(0).source());
          calls.add(call);
          return code.apply(call);
        },
        temporary.resolve("files"),
        Path.of("/runtime"),
        temporary);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static SandboxResult says(String json) {
    return new SandboxResult(OptionalInt.of(0), json.replace('\'', '"'), "", Exceeded.NONE);
  }

  private static SandboxResult good(String call) {
    return says(
        call.contains("\"call\":\"info\"")
            ? INFO
            : call.contains("\"call\":\"facts\"") ? "{'spi':'1.0','facts':[]}" : SEED);
  }

  @Test
  void anExecutorIsAskedOnceForTheSameAndNothingIsLeft() throws Exception {
    SeedSandboxes sandboxes = sandboxes(SeedSandboxesTest::good);
    Executor executor = sandboxes.ofProgram("sha256:1", "chain", "/seed");
    assertEquals("some", executor.info().name());
    var request = SampleRequests.of(executor.info(), Root.Kind.NONE, 1);
    Seed seed = executor.seed(request);
    assertEquals(List.of("/bin/serve"), seed.process().args());
    assertEquals(3, calls.size());
    assertEquals(seed, executor.seed(request));
    assertEquals(3, calls.size());
    executor.seed(SampleRequests.of(executor.info(), Root.Kind.NONE, 2));
    assertTrue(calls.size() > 3);
    try (var left = Files.list(temporary.resolve("files"))) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void otherCodeIsAskedAnew() {
    SeedSandboxes sandboxes = sandboxes(SeedSandboxesTest::good);
    var unused = sandboxes.ofProgram("sha256:1", "chain", "/seed");
    var other = sandboxes.ofProgram("sha256:2", "chain", "/seed");
    assertEquals("some", other.info().name());
    assertEquals(2, calls.size());
  }

  @Test
  void itIsNobodyWithoutCapabilitiesAndSeesTheCallAlone() {
    var unused = sandboxes(SeedSandboxesTest::good).ofProgram("sha256:1", "chain", "/seed");
    SandboxJob job = jobs.get(0);
    assertEquals(SandboxJob.Identity.NOBODY, job.identity());
    assertEquals(new SandboxJob.Root.Image("chain"), job.root());
    assertEquals(1, job.binds().size());
    assertTrue(job.binds().stream().noneMatch(SandboxJob.Bind::writable));
    assertTrue(job.env().contains("SEED_CALL=info"), job.env().toString());
  }

  @Test
  void aJarSeesTheRuntimeAndItselfForReading() throws IOException {
    Files.createFile(temporary.resolve("taskmanager-spi-1.jar"));
    Files.createFile(temporary.resolve("other-1.jar"));
    var unused = sandboxes(SeedSandboxesTest::good).ofJar("a JAR".getBytes(StandardCharsets.UTF_8));
    SandboxJob job = jobs.get(0);
    assertEquals(new SandboxJob.Root.NodePrograms(), job.root());
    assertEquals(4, job.binds().size());
    assertTrue(job.binds().stream().noneMatch(SandboxJob.Bind::writable));
    assertEquals("a JAR", read(job.binds().get(1).source()));
    assertTrue(job.args().contains("/manager/lib/taskmanager-spi-1.jar"), job.args().toString());
  }

  @Test
  void whatIsNoAnswerIsRefusedByName() {
    assertEquals("ANSWER_INVALID", refusal(says("nonsense")));
    assertEquals("ANSWER_INVALID", refusal(says("{'spi':'1.0','facts':[]}")));
    assertEquals("ANSWER_INVALID", refusal(says("{'spi':'2.0','info':{}}")));
    assertEquals(
        "EXECUTOR_FAILED",
        refusal(new SandboxResult(OptionalInt.of(1), INFO, "lost", Exceeded.NONE)));
    for (Exceeded bound : List.of(Exceeded.MEMORY, Exceeded.OUTPUT, Exceeded.TIME)) {
      assertEquals(
          "EXECUTOR_FAILED", refusal(new SandboxResult(OptionalInt.empty(), INFO, "", bound)));
    }
  }

  private String refusal(SandboxResult result) {
    SeedSandboxes sandboxes = sandboxes(call -> result);
    return assertThrows(
            TaskException.class, () -> sandboxes.ofProgram("sha256:1", "chain", "/seed"))
        .first()
        .code();
  }

  /** A shell reads variables, so none may be anything but a value of the call. */
  @Property
  void eachVariableIsAValueOfTheCall(@ForAll @Size(max = 5) List<String> texts) throws IOException {
    var mapper = new ObjectMapper();
    var call = mapper.createObjectNode().put("call", "seed");
    var command = call.putObject("request").putArray("command");
    texts.forEach(command::add);
    List<String> variables = CallVariables.of(mapper.writeValueAsBytes(call));
    List<String> expected = new ArrayList<>(List.of("SEED_CALL=seed"));
    expected.add("SEED_REQUEST_COMMAND_COUNT=" + texts.size());
    for (int i = 0; i < texts.size(); i++) {
      String text = mapper.readTree(mapper.writeValueAsBytes(texts.get(i))).asText();
      if (text.indexOf('\0') < 0) {
        expected.add("SEED_REQUEST_COMMAND_" + i + "=" + text);
      }
    }
    assertEquals(expected, variables);
  }

  @Test
  void namesAreInCapitals() {
    byte[] call = new Call.Describe().toBytes(List.of());
    assertEquals(List.of("SEED_SPI=1.1", "SEED_CALL=info"), CallVariables.of(call));
    byte[] other =
        "{\"memoryBytes\":7,\"a-b\":{\"c\":null,\"d\":true}}".getBytes(StandardCharsets.UTF_8);
    assertEquals(List.of("SEED_MEMORY_BYTES=7", "SEED_A_B_D=true"), CallVariables.of(other));
  }
}
