package org.lfedge.eve.tasks.core.seedprotocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.View;

/** What one side writes, the other reads. */
class ConversationTest {

  private static final List<Option> DECLARED = ProtocolSamples.INFO.options();
  private static final SameParts SAME = new SameParts(DECLARED);

  @Provide
  Arbitrary<Call> calls() {
    return ProtocolSamples.calls();
  }

  @Provide
  Arbitrary<Answer> answers() {
    return ProtocolSamples.answers();
  }

  @Property
  void aCallIsReadAsItWasWritten(@ForAll("calls") Call call) {
    byte[] bytes = call.toBytes(DECLARED);
    Call read = Call.fromBytes(bytes, DECLARED);
    if (call instanceof Call.MakeSeed make) {
      Call.MakeSeed made = assertInstanceOf(Call.MakeSeed.class, read);
      SAME.check(make.request(), made.request());
      assertEquals(make.asked(), made.asked());
      make.asked()
          .forEach(query -> assertEquals(make.request().fact(query), made.request().fact(query)));
      assertThrows(
          IllegalArgumentException.class,
          () -> made.request().fact(new FactQuery.HostDevice("/dev/not-asked")));
    } else if (call instanceof Call.Ask ask) {
      Call.Ask asked = assertInstanceOf(Call.Ask.class, read);
      SAME.check(ask.task(), asked.task());
      assertEquals(ask.known(), asked.known());
    } else {
      assertEquals(call, read);
    }
    assertEquals(read, Call.fromBytes(bytes, DECLARED));
    assertArrayEquals(bytes, read.toBytes(DECLARED));
  }

  @Property
  void anAnswerIsReadAsItWasWritten(@ForAll("answers") Answer answer) {
    byte[] bytes = answer.toBytes();
    Answer read = Answer.fromBytes(bytes);
    assertEquals(answer, read);
    assertArrayEquals(bytes, read.toBytes());
  }

  /** A later daemon may say more. */
  @Property
  void keysThatAreNotKnownArePassedOverInCalls(@ForAll("calls") Call call) {
    ObjectNode json = call.toJson(DECLARED);
    List<ObjectNode> objects = new ArrayList<>();
    for (String place :
        List.of("", "/task", "/task/resources", "/request", "/request/task", "/request/host")) {
      JsonNode object = json.at(place);
      if (object instanceof ObjectNode known) {
        objects.add(known);
      }
    }
    json.findParents("views").forEach(volume -> objects.add((ObjectNode) volume));
    json.findParents("mac").forEach(link -> objects.add((ObjectNode) link));
    json.findParents("labels").forEach(image -> objects.add((ObjectNode) image));
    objects.forEach(object -> object.putObject("later").put("a", 1));
    json.put("spi", "1.99");
    assertArrayEquals(
        call.toBytes(DECLARED), Call.fromJson(json, DECLARED).toBytes(DECLARED), json::toString);
  }

  /** Whatever comes, it is an answer or an error of ours. */
  @Property
  void aDamagedAnswerIsAnAnswerOrAnError(
      @ForAll("answers") Answer answer, @ForAll byte damage, @ForAll int place) {
    byte[] bytes = answer.toBytes();
    bytes[Math.floorMod(place, bytes.length)] = damage;
    try {
      Answer.fromBytes(bytes).toBytes();
    } catch (TaskException e) {
      assertTrue(List.of("ANSWER_INVALID", "SEED_INVALID").contains(e.first().code()), "" + e);
    }
  }

  /** What a contract sees of an executor is the same when all of it goes through bytes. */
  @Example
  void anExecutorKeepsItsContractOverTheProtocol() {
    assertEquals(List.of(), Contract.verify(() -> new Distant(new Near()), 7, 3));
  }

  @Example
  void aRefusalIsWhatTheExecutorThrew() {
    SeedException thrown = new SeedException("NO_MAIN_CLASS", "root.file", "no main class; add it");
    Answer read = Answer.fromBytes(Answer.Refusal.of(thrown).toBytes());
    SeedException again = assertThrows(SeedException.class, read::asSeed);
    assertEquals("NO_MAIN_CLASS", again.code());
    assertEquals("root.file", again.path());
    assertEquals("no main class; add it", again.getMessage());
    assertThrows(SeedException.class, read::asQuestions);
    assertEquals("ANSWER_INVALID", assertThrows(TaskException.class, read::asInfo).first().code());
  }

  @Example
  void anAnswerToAnotherCallIsRefused() {
    Answer info = new Answer.Description(ProtocolSamples.INFO);
    Answer facts = new Answer.Questions(List.of());
    assertEquals(ProtocolSamples.INFO, info.asInfo());
    Problem problem = assertThrows(TaskException.class, facts::asSeed).first();
    assertEquals("ANSWER_INVALID", problem.code());
    assertEquals(Problem.Kind.HOST, problem.kind());
    assertTrue(problem.message().contains("must hold seed"), problem.message());
    assertThrows(TaskException.class, info::asQuestions);
  }

  @Example
  void aCallIsAsTheDocumentationShowsIt() {
    assertEquals(
        "{\"spi\":\"1.1\",\"call\":\"info\"}",
        new String(new Call.Describe().toBytes(List.of()), UTF_8));
  }

  /** Stands for an executor elsewhere: nothing reaches it but bytes. */
  private record Distant(Executor real) implements Executor {

    @Override
    public ExecutorInfo info() {
      return Answer.fromBytes(answer(new Call.Describe().toBytes(List.of()))).asInfo();
    }

    @Override
    public List<FactQuery> facts(TaskConfig task, List<Fact> known) throws SeedException {
      Call call = new Call.Ask(task, known);
      return Answer.fromBytes(answer(call.toBytes(info().options()))).asQuestions();
    }

    @Override
    public Seed seed(SeedRequest request) throws SeedException {
      List<FactQuery> asked = facts(request.task(), List.of());
      Call call = new Call.MakeSeed(request, asked);
      return Answer.fromBytes(answer(call.toBytes(info().options()))).asSeed();
    }

    private byte[] answer(byte[] bytes) {
      Call call = Call.fromBytes(bytes, real.info().options());
      try {
        if (call instanceof Call.Ask ask) {
          return new Answer.Questions(real.facts(ask.task(), ask.known())).toBytes();
        }
        return call instanceof Call.MakeSeed make
            ? new Answer.Made(real.seed(make.request())).toBytes()
            : new Answer.Description(real.info()).toBytes();
      } catch (SeedException e) {
        return Answer.Refusal.of(e).toBytes();
      }
    }
  }

  /** Uses all that it is given. */
  private static final class Near implements Executor {

    private static final FactQuery FILE = new FactQuery.HostDevice("/dev/kvm");

    @Override
    public ExecutorInfo info() {
      return ProtocolSamples.INFO;
    }

    @Override
    public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
      return List.of(FILE);
    }

    @Override
    public Seed seed(SeedRequest request) throws SeedException {
      TaskConfig task = request.task();
      if (!info().rootKinds().contains(task.root().kind())) {
        throw SeedException.unsupported("root", task.root().kind());
      }
      if (request.tools().isEmpty()) {
        throw new SeedException("NO_TOOLS", "tools", "name some tools");
      }
      Seed.Builder seed =
          Seed.builder(
                  Base.TOOLS,
                  false,
                  AnchorProcess.builder(List.of("/anchor")).env(environment(task)).build())
              .stop(StopPlan.signal("SIGTERM", task.stopGrace()))
              .annotation("kvm", "" + request.fact(FILE).values())
              .annotation("host", request.host().kernel() + request.host().accelerators())
              .annotation("user", "" + request.user())
              .annotation("image", request.tools().map(image -> "" + image.labels()).orElse(""))
              .annotation("wait", "" + task.options().duration("wait"))
              .annotation("flags", "" + task.options().strings("flags"));
      if (task.root().kind() == Root.Kind.FILE) {
        seed.mount(new Mount(new Source.OfRoot(View.FILE), "/root.file", task.root().readOnly()));
      }
      task.volumes()
          .forEach(
              volume ->
                  seed.mount(
                      new Mount(
                          new Source.OfVolume(volume.name(), volume.views().first()),
                          "/volumes/" + volume.name(),
                          volume.readOnly())));
      task.devices().forEach(seed::device);
      return seed.build();
    }

    private static List<String> environment(TaskConfig task) {
      return task.env().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
    }
  }
}
