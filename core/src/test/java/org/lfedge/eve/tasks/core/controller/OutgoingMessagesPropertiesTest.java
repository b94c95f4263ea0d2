package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.lfedge.eve.tasks.core.controller.Message.Kind;

/** The queue is held against a list, over restarts. */
class OutgoingMessagesPropertiesTest {

  private static final int MAX_COUNT = 5;
  private static final int MAX_BYTES = 40;

  /** One step: a message, the first one sent, or a restart. */
  private record Step(Optional<Sent> put, boolean restart) {}

  private record Sent(Kind kind, String key, int size) {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Step> put =
        Combinators.combine(
                Arbitraries.of(Kind.class),
                Arbitraries.of("a", "b", "c"),
                Arbitraries.integers().between(0, 30))
            .as((kind, key, size) -> new Step(Optional.of(new Sent(kind, key, size)), false));
    Arbitrary<Step> other =
        Arbitraries.of(true, false).map(restart -> new Step(Optional.empty(), restart));
    return Arbitraries.frequencyOf(Tuple.of(5, put), Tuple.of(1, other)).list().ofMaxSize(25);
  }

  @Property(tries = 60)
  void theQueueIsBoundedAndKeepsWhatMattersMost(@ForAll("steps") List<Step> steps)
      throws IOException {
    Path directory = Files.createTempDirectory(Path.of("target"), "messages");
    List<Sent> model = new ArrayList<>();
    OutgoingMessages queue = new OutgoingMessages(directory, MAX_COUNT, MAX_BYTES);
    for (Step step : steps) {
      if (step.put().isPresent()) {
        Sent sent = step.put().get();
        queue.put(new Message(sent.kind(), sent.key(), new byte[sent.size()]));
        put(model, sent);
      } else if (step.restart()) {
        queue = new OutgoingMessages(directory, MAX_COUNT, MAX_BYTES);
      } else if (!model.isEmpty()) {
        queue.remove(queue.oldest().orElseThrow().number());
        model.remove(0);
      }
      assertEquals(model.size(), queue.count());
      assertTrue(queue.count() <= MAX_COUNT);
      assertEquals(
          model.stream().findFirst(),
          queue.oldest().map(OutgoingMessages.Waiting::message).map(this::sent));
      try (Stream<Path> files = Files.list(directory)) {
        assertEquals(model.size(), files.count());
      }
    }
    while (queue.oldest().isPresent()) {
      queue.remove(queue.oldest().orElseThrow().number());
    }
    Files.delete(directory);
  }

  private Sent sent(Message message) {
    return new Sent(message.kind(), message.key(), message.payload().length);
  }

  private static void put(List<Sent> model, Sent sent) {
    if (sent.kind() == Kind.INFO) {
      model.removeIf(one -> one.kind() == Kind.INFO && one.key().equals(sent.key()));
    }
    model.add(sent);
    while (logs(model).count() > MAX_COUNT / 2
        || logs(model).mapToInt(Sent::size).sum() > MAX_BYTES / 2) {
      model.remove(logs(model).findFirst().orElseThrow());
    }
    while (model.size() > MAX_COUNT || model.stream().mapToInt(Sent::size).sum() > MAX_BYTES) {
      Kind worst = model.stream().map(Sent::kind).min(Comparator.naturalOrder()).orElseThrow();
      model.remove(model.stream().filter(one -> one.kind() == worst).findFirst().orElseThrow());
    }
  }

  private static Stream<Sent> logs(List<Sent> model) {
    return model.stream().filter(one -> one.kind() == Kind.LOGS);
  }
}
