package org.lfedge.eve.tasks.dist;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of the architecture: who may see whom, and who may do what. */
class ArchitectureTest {

  private static final String BASE = "org.lfedge.eve.tasks.";
  private static final String CORE = BASE + "core.";

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(location -> !location.contains("-tests.jar"))
          .importPackages("org.lfedge.eve.tasks");

  /** Packages that touch the world, each by itself. */
  private static final List<String> ADAPTERS =
      Stream.of(
              "binaryformat",
              "containerd",
              "controller",
              "device",
              "directory",
              "host",
              "image",
              "metrics",
              "network",
              "output",
              "plugin",
              "pubsub",
              "registry",
              "sandboxed",
              "session",
              "store",
              "volume")
          .map(name -> CORE + name)
          .toList();

  private static final Set<String> IMPURE_CLASSES =
      Set.of(
          "java.io.File",
          "java.io.FileInputStream",
          "java.io.FileOutputStream",
          "java.io.RandomAccessFile",
          "java.lang.Process",
          "java.lang.ProcessBuilder",
          "java.lang.ProcessHandle",
          "java.lang.Runtime",
          "java.lang.Thread",
          "java.lang.ThreadLocal",
          "java.nio.file.Files",
          "java.nio.file.FileSystem",
          "java.security.SecureRandom",
          "java.time.Clock",
          "java.time.InstantSource",
          "java.util.Random",
          "java.util.SplittableRandom",
          "java.util.Timer");

  private static final Set<String> IMPURE_METHODS =
      Set.of(
          "currentTimeMillis",
          "nanoTime",
          "now",
          "getenv",
          "getProperty",
          "randomUUID",
          "random",
          "shuffle",
          "toRealPath",
          "toFile",
          "parallelStream");

  private static final DescribedPredicate<JavaClass> IMPURE =
      describe(
          "give access to files, processes, threads, clocks, chance or the network",
          type ->
              IMPURE_CLASSES.contains(type.getName())
                  || type.getPackageName().startsWith("java.net")
                  || type.getPackageName().startsWith("java.nio.channels")
                  || type.getPackageName().startsWith("java.util.concurrent")
                  || type.getPackageName().startsWith("org.slf4j"));

  private static final DescribedPredicate<JavaAccess<?>> IMPURE_CALL =
      describe(
          "ask the clock, the environment or chance",
          access -> {
            AccessTarget target = access.getTarget();
            return target.getOwner().getPackageName().startsWith("java.")
                && IMPURE_METHODS.contains(target.getName());
          });

  @Test
  void theRulesSeeTheWholeCodeBase() {
    assertTrue(own(BASE + "spi").count() >= 60, "spi: " + own(BASE + "spi").count());
    assertTrue(own(CORE).count() >= 230, "core: " + own(CORE).count());
    assertTrue(own(BASE + "dist").count() >= 30, "dist: " + own(BASE + "dist").count());
    assertTrue(own(BASE + "executor").count() >= 8, "executors: " + own(BASE + "executor").count());
  }

  /** Written by people: messages and stubs of protobuf would hide how few classes are found. */
  private static Stream<JavaClass> own(String prefix) {
    return ALL.stream()
        .filter(type -> type.getPackageName().startsWith(prefix.replaceAll("\\.$", "")))
        .filter(
            type ->
                !type.getPackageName().matches(".*\\.(api\\.v1|containerd\\.api\\..*|eve\\.api)"));
  }

  @Test
  void theSpiDependsOnTheJdkAndAnnotationsAlone() {
    classes()
        .that()
        .resideInAPackage(BASE + "spi..")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(BASE + "spi..", "java..", "org.jspecify.annotations"))
        .check(ALL);
  }

  @Test
  void anExecutorSeesTheSpiAndItselfAndNothingOfTheWorld() {
    classes()
        .that()
        .resideInAPackage(BASE + "executor..")
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                BASE + "executor..",
                BASE + "spi",
                BASE + "spi.container",
                BASE + "spi.guest",
                BASE + "spi.task",
                BASE + "spi.seed",
                "java.lang..",
                "java.util..",
                "java.time..",
                "java.math..",
                "java.nio",
                "java.nio.charset..",
                "org.jspecify.annotations"))
        .check(ALL);
    noClasses()
        .that()
        .resideInAPackage(BASE + "executor..")
        .should()
        .dependOnClassesThat(IMPURE)
        .orShould()
        .accessTargetWhere(IMPURE_CALL)
        .check(ALL);
  }

  @Test
  void theDecidingPackagesArePure() {
    noClasses()
        .that()
        .resideInAnyPackage(
            CORE + "lifecycle",
            CORE + "spec",
            CORE + "policy",
            CORE + "admission",
            CORE + "declarative",
            CORE + "eve")
        .should()
        .dependOnClassesThat(IMPURE)
        .orShould()
        .accessTargetWhere(IMPURE_CALL)
        .check(ALL);
  }

  @Test
  void adaptersDoNotSeeOneAnother() {
    for (String adapter : ADAPTERS) {
      String[] others =
          ADAPTERS.stream()
              .filter(other -> !other.equals(adapter))
              .map(other -> other + "..")
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage(adapter + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(others)
          .check(ALL);
    }
  }

  @Test
  void onlyThePackageOfTheProgramsKnowsAdapters() {
    for (String adapter : ADAPTERS) {
      noClasses()
          .that(resideOutsideOfPackages(adapter + "..", BASE + "dist"))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(adapter + "..")
          .check(ALL);
    }
  }

  @Test
  void theEngineKnowsNothingOfHowItIsCalled() {
    noClasses()
        .that()
        .resideInAPackage(BASE + "core..")
        .and()
        .resideOutsideOfPackage(CORE + "api..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(CORE + "api..")
        .check(ALL);
  }

  @Test
  void librariesWithOneUserKeepOne() {
    onlyIn("org.pf4j..", CORE + "plugin");
    onlyIn("io.prometheus..", CORE + "metrics");
    onlyIn("org.yaml.snakeyaml..", CORE + "config");
    onlyIn("picocli..", BASE + "dist.cli");
    onlyIn("com.github.luben.zstd..", CORE + "image");
    onlyIn("org.apache.commons.compress..", CORE + "image", CORE + "fleet");
    onlyIn("java.net.http..", CORE + "http");
    onlyIn(CORE + "http..", CORE + "http", CORE + "registry", CORE + "controller");
    onlyIn("io.grpc..", CORE + "containerd..", CORE + "api..", BASE + "dist.cli");
    onlyIn(
        "com.google.protobuf..",
        CORE + "containerd..",
        CORE + "controller",
        CORE + "api..",
        CORE + "eve..",
        CORE + "fleet",
        BASE + "dist.cli");
    onlyIn("io.netty..", CORE + "containerd", CORE + "api", BASE + "dist.cli");
  }

  private static void onlyIn(String library, String... packages) {
    noClasses()
        .that(resideOutsideOfPackages(packages))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(ALL);
  }

  @Test
  void seedsAreReadFromJsonInOnePlace() {
    noClasses()
        .that()
        .resideInAPackage(BASE + "core..")
        .and()
        .resideOutsideOfPackage(CORE + "seedprotocol")
        .should()
        .callMethodWhere(
            describe(
                "build a seed",
                call ->
                    call.getTargetOwner().getName().equals(BASE + "spi.seed.Seed")
                        && call.getTarget().getName().equals("builder")))
        .check(ALL);
  }

  @Test
  void onlyTheProgramsEndTheJvmAndUseItsStreams() {
    noClasses()
        .that()
        .resideOutsideOfPackage(BASE + "dist..")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .orShould()
        .accessField(System.class, "in")
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .orShould()
        .callMethod(Throwable.class, "printStackTrace")
        .check(ALL);
  }

  @Test
  void noPackagesDependOnEachOtherInACircle() {
    slices().matching("org.lfedge.eve.tasks.(**)").should().beFreeOfCycles().check(ALL);
  }

  @Test
  void theCoreKnowsNoHypervisor() throws IOException {
    Pattern words = Pattern.compile("(?i)qemu|\\bxen|\\bjvm\\b");
    Path sources = Path.of("..", "core", "src", "main", "java");
    try (Stream<Path> files = Files.walk(sources)) {
      List<String> found =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.startsWith(sources.resolve("org/lfedge/eve/tasks/core/host")))
              .filter(file -> !file.startsWith(sources.resolve("org/lfedge/eve/tasks/core/eve")))
              .filter(file -> words.matcher(code(file)).find())
              .map(Path::toString)
              .sorted()
              .toList();
      assertEquals(List.of(), found);
    }
  }

  /** A source without its comments, which may tell what the code knows nothing of. */
  private static String code(Path file) {
    try {
      return Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//[^\n]*", "");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
