package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.spec.RuncBundle.Result;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/** runc takes what the assembly gives, and the kernel enforces it. Needs root. */
class SpecRunIT {

  private static final Grants USUAL = Policy.DEFAULT.grants(Origin.BUNDLED);

  private RuncBundle bundle;

  @BeforeEach
  void makeBundle() throws IOException, InterruptedException {
    bundle = new RuncBundle();
  }

  @AfterEach
  void removeBundle() throws IOException, InterruptedException {
    bundle.remove();
  }

  /** One stream, because runc copies two in any order. */
  private static AnchorProcess.Builder shell(String script) {
    return AnchorProcess.builder(List.of("/bin/sh", "-c", "exec 2>&1; " + script))
        .env(List.of("PATH=/bin"));
  }

  private static Seed.Builder seed(String script) {
    return Seed.builder(Base.TASK, false, shell(script).build());
  }

  private String output(Seed seed) throws IOException, InterruptedException {
    Result result = bundle.run(seed, bundle.inputs(), USUAL);
    assertEquals(0, result.code(), result.output());
    return result.output();
  }

  @Test
  void aTaskHasTheUsualCapabilitiesAFilterAndItsOwnNamespaces()
      throws IOException, InterruptedException {
    String output =
        output(
            seed("grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; hostname;"
                    + " echo pid $$; ls /sys/class/net; cat /sys/fs/cgroup/memory*/memory.limit_in_bytes"
                    + " /sys/fs/cgroup/memory.max 2>/dev/null; echo > /written")
                .build());
    assertTrue(output.contains("CapEff:\t00000000a80425fb\n"), output);
    assertTrue(output.contains("CapBnd:\t00000000a80425fb\n"), output);
    assertTrue(output.contains("NoNewPrivs:\t1\nSeccomp:\t2\n"), output);
    assertTrue(output.endsWith("web\npid 1\nlo\n" + (256 << 20) + "\n"), output);
    assertTrue(Files.exists(bundle.root().resolve("written")));
  }

  @Test
  void theKernelRefusesWhatReachesTheNode() throws IOException, InterruptedException {
    String output =
        output(
            seed("mount -t tmpfs none /tmp && echo mounted; echo 1 > /proc/sys/kernel/panic && echo set;"
                    + " mknod /disk b 7 0 && cat /disk && echo read; busybox unshare -m true && echo left;"
                    + " busybox dmesg && echo dmesg; busybox wc -c /proc/timer_list; echo x > /dev/null && echo ok")
                .build());
    for (String word : List.of("mounted", "set\n", "read\n", "left")) {
      assertFalse(output.contains(word), output);
    }
    assertTrue(output.endsWith("0 /proc/timer_list\nok\n"), output);
  }

  @Test
  void aReadOnlyRootIsOneAndMountsInItAreAsAsked() throws IOException, InterruptedException {
    Seed seed =
        Seed.builder(
                Base.TASK,
                true,
                shell(
                        "echo > /written; echo > /tmp/written && echo yes; cat /etc/server.conf;"
                            + " echo > /etc/server.conf; cat /run/secrets/token; busybox df -k /tmp")
                    .build())
            .mount(new Mount(new Source.Tmpfs(1 << 20), "/tmp", false))
            .file(new SeedFile("/etc/server.conf", new byte[0], 0644))
            .build();
    Path file = bundle.file("server.conf", "port 80\n", "rw-r--r--");
    bundle.file("secrets/token", "secret\n", "r--------");
    Path secrets = bundle.directory().resolve("secrets");
    SpecInputs inputs = bundle.inputs(List.of(file), Optional.of(secrets), Path.of("/nothing"));
    Result result = bundle.run(seed, inputs, USUAL);
    assertTrue(result.output().contains("can't create /written: Read-only"), result.output());
    assertTrue(result.output().contains("system\nyes\nport 80\n"), result.output());
    assertTrue(
        result.output().contains("can't create /etc/server.conf: Read-only"), result.output());
    assertTrue(result.output().contains("secret\n"), result.output());
    assertTrue(result.output().contains(" 1024 "), result.output());
  }

  @Test
  void theInitIsPid1AndGetsTheArgs() throws IOException, InterruptedException {
    Path init = bundle.file("init", "#!/bin/sh\necho $$ $0 \"$@\"\n", "rwxr-xr-x");
    AnchorProcess process =
        AnchorProcess.builder(List.of("/bin/server", "-v", "a b")).init(true).build();
    Result result =
        bundle.run(
            Seed.builder(Base.TASK, true, process).build(),
            bundle.inputs(List.of(), Optional.empty(), init),
            USUAL);
    assertEquals(new Result(0, "1 /dev/task-init -- /bin/server -v a b\n"), result);
    assertFalse(Files.exists(bundle.root().resolve("dev/task-init")));
  }

  @Test
  void aUserThatIsNotRootKeepsOnlyTheCapabilitiesThatTheSeedNames()
      throws IOException, InterruptedException {
    AnchorProcess.Builder plain =
        shell("id -u; id -g; id -G; grep CapEff /proc/self/status; echo $HOME $A")
            .user(new User(1000, 100, List.of(7, 8)))
            .env(List.of("A=b c"));
    assertEquals(
        "1000\n100\n100 7 8\nCapEff:\t0000000000000000\n/ b c\n",
        output(Seed.builder(Base.TASK, false, plain.build()).build()));
    plain.capabilities(SortedCopies.setOf(List.of("CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN")));
    assertTrue(
        output(Seed.builder(Base.TASK, false, plain.build()).build())
            .contains("CapEff:\t0000000000000400\n"));
  }

  @Test
  void aHostilePatchRunsAndReachesNothing() throws IOException, InterruptedException {
    Path mark = bundle.directory().resolve("mark");
    String patch =
        """
        {"hooks": {"prestart": [{"path": "/bin/touch", "args": ["touch", "MARK"]}],
                   "createRuntime": [{"path": "/bin/touch", "args": ["touch", "MARK"]}]},
         "process": {"noNewPrivileges": false, "apparmorProfile": "unconfined",
           "oomScoreAdj": -1000, "capabilities": {"effective": ["CAP_SYS_ADMIN"]}},
         "mounts": [{"destination": "/host", "type": "bind", "source": "/",
           "options": ["rbind", "rw"]}],
         "linux": {"namespaces": [], "seccomp": null, "maskedPaths": [], "cgroupsPath": "/",
           "devices": [{"path": "/dev/loop0", "type": "b", "major": 7, "minor": 0}],
           "resources": {"devices": [{"allow": true, "access": "rwm"}]}}}
        """
            .replace("MARK", mark.toString());
    String output =
        output(
            seed("ls /host /dev/loop0; echo $$; grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status")
                .oci(patch)
                .build());
    assertTrue(output.contains("/host: No such file"), output);
    assertTrue(output.contains("/dev/loop0: No such file"), output);
    assertTrue(output.endsWith("1\nNoNewPrivs:\t1\nSeccomp:\t2\n"), output);
    assertFalse(Files.exists(mark));
  }

  @Test
  void bashAndAJvmRunUnderTheSeccompProfile() throws IOException, InterruptedException {
    Path java = Path.of(System.getProperty("java.home"));
    Path classes =
        Path.of(SpecRunIT.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    List<String> directories =
        new ArrayList<>(List.of("/usr", "/etc", java.toString(), classes.toString()));
    bundle.useProgramsOfTheNode();
    Grants grants =
        new Grants(
            Origin.BUNDLED,
            USUAL.capabilities(),
            USUAL.namespaces(),
            SortedCopies.setOf(directories),
            false);
    Seed.Builder seed =
        Seed.builder(
            Base.TASK,
            false,
            AnchorProcess.builder(
                    List.of(
                        "/bin/bash",
                        "-c",
                        "set -o pipefail; ls -l <(echo) > /dev/null && \"$@\" | cat",
                        "bash",
                        java.resolve("bin/java").toString(),
                        "-Xmx64m",
                        "-cp",
                        classes.toString(),
                        Workload.class.getName()))
                .env(List.of("PATH=/usr/bin:/bin"))
                .build());
    directories.forEach(path -> seed.mount(new Mount(new Source.OfHost(path), path, true)));
    Result result = bundle.run(seed.build(), bundle.inputs(), grants);
    assertEquals(new Result(0, "4950\n"), result);
  }

  /** A program that uses threads, files, a process and a socket. */
  static final class Workload {

    private Workload() {}

    public static void main(String[] args) throws IOException, InterruptedException {
      Path file = Files.createTempFile("work", "load");
      Files.writeString(file, "x");
      try (ServerSocket socket = new ServerSocket(0)) {
        if (new ProcessBuilder("/bin/true").start().waitFor() == 0 && socket.isBound()) {
          System.out.println(IntStream.range(0, 100).parallel().sum());
        }
      }
    }
  }
}
