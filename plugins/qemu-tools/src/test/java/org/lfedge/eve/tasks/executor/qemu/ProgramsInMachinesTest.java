package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** The program of an image, or of a directory, in a machine. */
class ProgramsInMachinesTest {

  private static String script(Seed seed) {
    assertEquals(1, seed.files().size());
    assertEquals("/share/task/start", seed.files().get(0).target());
    return new String(seed.files().get(0).content(), StandardCharsets.UTF_8);
  }

  @Test
  void theProgramOfAnImageRunsUnderTheKernelOfTheTools() throws SeedException {
    Seed seed =
        Requests.image("/bin/web", "it's", "")
            .as(new User(33, 34, List.of(40, 35)))
            .env("A", "x y")
            .link("eth0", "02:16:3e:00:00:01", 1400, "10.0.0.5/24", "fd00::5/64")
            .link("eth1", "02:16:3e:00:00:02", 1500, "10.1.0.5/24")
            .volume("data", View.FILESYSTEM, View.BLOCK)
            .volume("a-very-long-name-for-a-volume", View.BLOCK)
            .seed();
    assertEquals(
        """
        hostname 'vm-1.example'
        interface '02:16:3e:00:00:01' 'eth0' '1400'
        address 'eth0' '10.0.0.5/24'
        address 'eth0' 'fd00::5/64'
        gateway 'eth0' '10.0.0.1'
        gateway 'eth0' 'fd00::1'
        interface '02:16:3e:00:00:02' 'eth1' '1500'
        address 'eth1' '10.1.0.5/24'
        nameserver '10.0.0.53'
        disk 'a-very-long-name-f_0' '/a-very-long-name-for-a-volume' 'rw'
        volume 'data' '/data' 'rw'
        run '33' '34' '35,40' '/srv' 'SIGTERM' '2' 'PATH=/bin' 'A=x y' '/bin/web' 'it'\\''s' ''
        """,
        script(seed));
    Argv argv = Argv.of(seed);
    assertEquals("/usr/lib/taskmanager/guest/amd64/vmlinuz", argv.one("-kernel"));
    assertEquals("/usr/lib/taskmanager/guest/amd64/initrd", argv.one("-initrd"));
    assertEquals("console=ttyS0 quiet loglevel=1 panic=-1", argv.one("-append"));
    assertTrue(argv.launcher().contains(List.of("--virtiofsd", "/run/task/share", "/share")));
    assertEquals("share", argv.devices("vhost-user-fs-pci").get(0).get("tag").textValue());
    assertEquals(
        "org.lfedge.eve.tasks.control",
        argv.devices("virtserialport").get(0).get("name").textValue());
    assertTrue(
        seed.mounts()
            .contains(new Mount(new Source.OfRoot(View.FILESYSTEM), "/share/root", false)));
    assertTrue(
        seed.mounts()
            .contains(
                new Mount(
                    new Source.OfVolume("data", View.FILESYSTEM), "/share/volumes/data", false)));
    assertEquals(
        List.of("/usr/lib/taskmanager/tell", "/run/task/control.in", "stop"),
        QemuExecutorTest.stopped(seed));
  }

  @Test
  void theEndOfAProgramIsNotTakenForThatOfItsGuest() throws SeedException {
    List<ExitRule> rules = Requests.image("/bin/web").seed().exits();
    assertEquals(new ExitRule.CodeIn("control.out"), rules.get(0));
    assertEquals(
        List.of(
            ExitRule.Outcome.CRASH,
            ExitRule.Outcome.FAILURE,
            ExitRule.Outcome.CRASH,
            ExitRule.Outcome.FAILURE),
        rules.stream().skip(1).map(rule -> ((ExitRule.Meaning) rule).outcome()).toList());
  }

  @Test
  void aDirectoryNeedsACommand() throws SeedException {
    Root root = new Root.Directory("/srv/root", true);
    assertEquals("NO_COMMAND at command", Refusals.of(Requests.of(root)));
    Seed seed = Requests.of(root).command("/bin/sh", "-c", "x").seed();
    assertTrue(script(seed).contains(" '/bin/sh' '-c' 'x'\n"));
    assertTrue(
        seed.mounts().contains(new Mount(new Source.OfRoot(View.FILESYSTEM), "/share/root", true)));
  }

  @Test
  void secretsAreCopiedForTheGuestAndGivenToTheUser() throws SeedException {
    Seed seed =
        Requests.image("/bin/web")
            .env("TOKEN", "/run/secrets/TOKEN")
            .env("PLAIN", "/run/secrets/OTHER")
            .as(new User(33, 34, List.of()))
            .seed();
    assertEquals(
        1, Argv.of(seed).launcher().stream().filter(option -> option.contains("--copy")).count());
    assertTrue(
        Argv.of(seed)
            .launcher()
            .contains(List.of("--copy", "/run/secrets/TOKEN", "/share/volumes/_secrets/TOKEN")));
    assertTrue(
        script(seed)
            .contains(
                """
                chown '-R' '33:34' '/share/volumes/_secrets'
                volume '_secrets' '/run/secrets' 'ro'
                """));
    assertTrue(
        seed.mounts()
            .contains(new Mount(new Source.Tmpfs(1 << 20), "/share/volumes/_secrets", false)));
  }
}
