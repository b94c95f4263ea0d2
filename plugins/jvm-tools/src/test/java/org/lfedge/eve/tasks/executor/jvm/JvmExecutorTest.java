package org.lfedge.eve.tasks.executor.jvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

class JvmExecutorTest {

  private static List<String> end(List<String> args, int count) {
    return args.subList(args.size() - count, args.size());
  }

  @Test
  void aJarIsRunWithItsManifestBesideIt() throws SeedException {
    Seed seed = Requests.jar().command("serve", "a b").seed();
    assertEquals(Base.TOOLS, seed.base());
    assertTrue(seed.readOnly());
    assertEquals("/opt/java/bin/java", seed.process().args().get(0));
    assertEquals(List.of("-jar", "/app/app.jar", "serve", "a b"), end(seed.process().args(), 4));
    assertEquals("/app", seed.process().workingDir());
    assertEquals(User.ROOT, seed.process().user());
    assertTrue(
        seed.mounts().contains(new Mount(new Source.OfRoot(View.FILE), "/app/app.jar", true)));
    assertEquals("/app/MANIFEST.MF", seed.files().get(0).target());
    assertEquals(
        "Main-Class: org.example.Main\r\n",
        new String(seed.files().get(0).content(), StandardCharsets.UTF_8));
    assertEquals(StopPlan.signal("SIGTERM", Duration.ofSeconds(30)), seed.stop());
  }

  @Test
  void aDirectoryIsThereAsAWhole() throws SeedException {
    Requests request = Requests.directory("bin/app.jar");
    assertEquals(
        List.of(new FactQuery.JarFile(Optional.of("bin/app.jar"), Optional.empty())),
        new JvmExecutor().facts(request, List.of()));
    Seed seed = request.seed();
    assertEquals(List.of("-jar", "/app/bin/app.jar"), end(seed.process().args(), 2));
    assertTrue(seed.mounts().contains(new Mount(new Source.OfRoot(View.FILESYSTEM), "/app", true)));
    assertEquals(List.of(), seed.files());
  }

  @Test
  void aDirectoryHasAnAppJar() throws SeedException {
    List<String> args = Requests.of(new Root.Directory("/srv/app", false)).args();
    assertEquals(List.of("-jar", "/app/app.jar"), end(args, 2));
  }

  @Test
  void aDirectoryNeedsNoJar() throws SeedException {
    Requests request =
        Requests.of(new Root.Directory("/srv/app", false)).option("mainClass", "a.B");
    assertEquals(List.of(), new JvmExecutor().facts(request, List.of()));
    assertEquals(List.of("-cp", "/app", "a.B"), end(request.args(), 3));
    request.option("classPath", List.of("classes", "lib/*"));
    assertEquals(List.of("-cp", "/app/classes:/app/lib/*", "a.B"), end(request.args(), 3));
  }

  @Test
  void anotherClassMayBeStarted() throws SeedException {
    Requests request = Requests.jar().option("mainClass", "a.B");
    assertEquals(
        List.of(new FactQuery.JarFile(Optional.empty(), Optional.of("a.B"))),
        new JvmExecutor().facts(request, List.of()));
    assertEquals(List.of("-cp", "/app/app.jar", "a.B"), end(request.args(), 3));
  }

  @Test
  void volumesMayBeOnTheClassPath() throws SeedException {
    Requests request =
        Requests.jar()
            .volume("extra", View.FILESYSTEM)
            .option("classPath", List.of("/extra/*", "/extra/conf"));
    assertEquals(
        List.of("-cp", "/app/app.jar:/extra/*:/extra/conf", "org.example.Main"),
        end(request.args(), 3));
  }

  @Test
  void aModuleIsStartedFromItsPath() throws SeedException {
    Requests request =
        Requests.jar()
            .silent("mainClass")
            .volume("mods", View.FILESYSTEM)
            .option("module", "org.example.app/org.example.Main")
            .option("modulePath", List.of("/mods"));
    assertEquals(
        List.of("-p", "/app/app.jar:/mods", "-m", "org.example.app/org.example.Main"),
        end(request.args(), 4));
  }

  @Test
  void memoryAndCpusFollowFromTheTask() throws SeedException {
    List<String> args = Requests.jar().memory(64 << 20).milliCpus(1500).args();
    for (String expected :
        List.of(
            "-Xmx40960k",
            "-Xms10240k",
            "-Xss512k",
            "-XX:MaxMetaspaceSize=16384k",
            "-XX:MaxDirectMemorySize=4096k",
            "-XX:ReservedCodeCacheSize=16384k",
            "-XX:ActiveProcessorCount=2",
            "-XX:+UseSerialGC")) {
      assertTrue(args.contains(expected), args + " holds no " + expected);
    }
    List<String> large = Requests.jar().memory(2L << 30).milliCpus(8000).args();
    assertTrue(large.contains("-XX:+UseG1GC"), large.toString());
    assertTrue(large.contains("-XX:ActiveProcessorCount=4"), large.toString());
    assertTrue(
        Requests.jar()
            .memory(2L << 30)
            .option("gc", "parallel")
            .args()
            .contains("-XX:+UseParallelGC"));
  }

  @Test
  void optionsOfTheJvmComeAfterOurs() throws SeedException {
    List<String> args =
        Requests.jar()
            .option("jvmOptions", List.of("-Duser.home=/data", "-ea", "--add-opens=a/b=c"))
            .args();
    assertEquals(
        List.of("-Duser.home=/tmp", "-Duser.home=/data", "-ea", "--add-opens=a/b=c", "-jar"),
        args.subList(args.size() - 6, args.size() - 1));
  }

  @Test
  void aJvmWithoutMemorySaysSo() throws SeedException {
    Seed seed = Requests.jar().seed();
    assertTrue(seed.process().args().contains("-XX:+ExitOnOutOfMemoryError"));
    assertTrue(
        seed.process()
            .args()
            .contains("-XX:OnOutOfMemoryError=echo java >/run/task/out-of-memory"));
    ExitRule.Meaning first = (ExitRule.Meaning) seed.exits().get(0);
    assertEquals(3, first.code().getAsInt());
    assertEquals(ExitRule.Outcome.OUT_OF_MEMORY, first.outcome());
    assertEquals("out-of-memory", first.file().orElseThrow().file());
    Seed without = Requests.jar().option("exitOnOutOfMemory", false).seed();
    assertFalse(without.process().args().stream().anyMatch(arg -> arg.contains("OutOfMemory")));
    assertEquals(1, without.exits().size());
  }

  @Test
  void anArchiveIsKeptForTheTask() throws SeedException {
    Seed seed = Requests.jar().option("archive", true).command("x").seed();
    List<String> args = seed.process().args();
    assertEquals(
        List.of("/usr/lib/taskmanager/java-launch", "/var/lib/task", "/app/app.jar"),
        args.subList(0, 3));
    assertEquals("/opt/java/bin/java", args.get(4));
    // What the launcher counts as options of the JVM are those.
    assertEquals(
        List.of("-jar", "/app/app.jar", "x"),
        args.subList(5 + Integer.parseInt(args.get(3)), args.size()));
    assertTrue(
        seed.mounts().stream()
            .anyMatch(
                mount ->
                    mount.source() instanceof Source.State
                        && mount.target().equals("/var/lib/task")));
  }

  @Test
  void whatTheDocumentSaysOfTheProcessHolds() throws SeedException {
    Seed seed =
        Requests.jar()
            .as(new User(1000, 100, List.of()))
            .in("/data")
            .env("LANG", "de_DE.UTF-8")
            .env("JAVA_TOOL_OPTIONS", "-Da=b")
            .volume("data", View.FILESYSTEM)
            .devices(new DeviceRequest.Node("/dev/ttyS0", "rw"))
            .withInit()
            .seed();
    assertEquals(1000, seed.process().user().uid());
    assertEquals("/data", seed.process().workingDir());
    assertTrue(seed.process().init());
    assertTrue(
        seed.process().env().containsAll(List.of("LANG=de_DE.UTF-8", "JAVA_TOOL_OPTIONS=-Da=b")));
    assertFalse(seed.process().env().contains("LANG=C.UTF-8"));
    assertEquals(1, seed.devices().size());
    assertTrue(seed.tax().parts().stream().anyMatch(part -> part.name().equals("init")));
  }

  @Test
  void aVolumeMayTakeThePlaceOfTmp() throws SeedException {
    Seed own = Requests.jar().option("tmp", 32 << 20).seed();
    assertTrue(own.mounts().contains(new Mount(new Source.Tmpfs(32 << 20), "/tmp", false)));
    Seed volume = Requests.jar().volume("tmp", View.FILESYSTEM).seed();
    assertTrue(volume.mounts().stream().noneMatch(mount -> mount.source() instanceof Source.Tmpfs));
  }
}
