package org.lfedge.eve.tasks.core.declarative;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Example;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

/** The executor for JARs that comes with the tools as a file keeps the contract. */
class JarSeedContractIsKeptTest implements ExecutorContract {

  private static JsonNode file() {
    Path module = Path.of(System.getProperty("basedir", "."));
    try {
      return Declarations.json(
          Files.readString(module.resolve("../distribution/src/tools/jvm/seed.json")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public Executor executor() {
    return Declarations.executor(file());
  }

  /** Disks are refused, and are most of the files that are made up. */
  @Override
  @Example
  public void everyDeclaredKindOfRootIsSeeded() {
    assertEquals(List.of(), Contract.verify(this::executor, 1, 200));
  }

  @Example
  void itIsValidByTheSchemaToo() {
    assertEquals(Set.of(), SeedJsonSchema.validate(file()));
  }

  @Example
  void aJarIsStartedByTheJvmOfTheTools() throws Exception {
    Executor executor = executor();
    for (long seed = 0; seed < 1000; seed++) {
      var request = SampleRequests.of(executor.info(), Root.Kind.FILE, seed);
      boolean isJar =
          request.task().root() instanceof Root.File file && file.format().equals("jar");
      if (isJar && request.tools().isPresent() && request.task().volumes().isEmpty()) {
        try {
          Seed made = executor.seed(request);
          assertEquals("/opt/java/bin/java", made.process().args().get(0));
          assertTrue(made.process().args().contains("/app/app.jar"));
          return;
        } catch (SeedException refused) {
          // The next may have other options.
        }
      }
    }
    throw new AssertionError("no JAR is started");
  }
}
