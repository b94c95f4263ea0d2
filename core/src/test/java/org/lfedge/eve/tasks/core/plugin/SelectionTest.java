package org.lfedge.eve.tasks.core.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.Rejected;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;

class SelectionTest {

  /** Has a name and nothing else. */
  private record Named(String name) implements Executor {
    @Override
    public ExecutorInfo info() {
      return ExecutorInfo.builder(name, "").build();
    }

    @Override
    public Seed seed(SeedRequest request) throws SeedException {
      throw SeedException.unsupported("root", name);
    }
  }

  private static Selection.Offer offer(String file, String name, int version, Origin origin) {
    return new Selection.Offer(
        new PluginFile(Path.of(file), origin, Optional.empty(), Optional.empty()),
        new LoadedExecutor(new Named(name), "" + version, "sha256:" + file, file, origin));
  }

  private static Selection selectionOf(List<Selection.Offer> offers) {
    Selection selection = new Selection(Comparator.comparing(Integer::valueOf));
    offers.forEach(selection::offer);
    return selection;
  }

  @Property
  void theHighestVersionThatStandsOnceServesAndAllOthersAreRejected(
      @ForAll @Size(max = 6) List<@IntRange(max = 4) Integer> versions) {
    List<Selection.Offer> offers = new ArrayList<>();
    for (int i = 0; i < versions.size(); i++) {
      offers.add(offer("file" + i, "x", versions.get(i), Origin.TRUSTED_DIGEST));
    }
    Selection selection = selectionOf(offers);
    Optional<String> expected =
        versions.stream()
            .filter(version -> Collections.frequency(versions, version) == 1)
            .max(Comparator.naturalOrder())
            .map(Object::toString);
    SortedMap<String, LoadedExecutor> serving = selection.executors();
    assertEquals(expected, Optional.ofNullable(serving.get("x")).map(LoadedExecutor::version));
    assertEquals(versions.size() - serving.size(), selection.rejected().size());
  }

  @Property
  void theOrderOfTheFilesDoesNotMatter(
      @ForAll @Size(max = 6) List<@IntRange(max = 4) Integer> versions, @ForAll long seed) {
    List<Selection.Offer> offers = new ArrayList<>();
    for (int i = 0; i < versions.size(); i++) {
      Origin origin = versions.get(i) == 0 ? Origin.BUNDLED : Origin.TRUSTED_DIGEST;
      offers.add(offer("file" + i, "x" + versions.get(i) % 2, versions.get(i), origin));
    }
    List<Selection.Offer> shuffled = new ArrayList<>(offers);
    Collections.shuffle(shuffled, new java.util.Random(seed));
    assertEquals(outcome(selectionOf(offers)), outcome(selectionOf(shuffled)));
  }

  private static List<String> outcome(Selection selection) {
    SortedMap<String, String> serving = new TreeMap<>();
    selection.executors().forEach((name, executor) -> serving.put(name, executor.digest()));
    List<String> outcome = new ArrayList<>();
    outcome.add(serving.toString());
    selection.rejected().stream().map(SelectionTest::fileAndCode).forEach(outcome::add);
    return outcome;
  }

  private static String fileAndCode(Rejected rejected) {
    return rejected.file() + " " + rejected.code();
  }
}
