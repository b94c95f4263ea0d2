package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A disk with a whole Debian, made with Debian's own tools, as the root of a virtual machine. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DebianGuestIT {

  private static final Path DISK = Path.of("target/debian-disk").toAbsolutePath();
  private static final String MAC = "02:16:3e:0d:eb:12";

  private final VirtualMachines machines =
      new VirtualMachines("networks: {lan: {type: bridge, subnets: [10.234.1.0/24]}}\n");

  @BeforeAll
  void makeDisk() {
    Programs.run(List.of("src/guest/debian-disk", DISK.toString())).expect(0);
  }

  @AfterAll
  void close() {
    machines.close();
  }

  @ParameterizedTest
  @CsvSource({"raw, bios", "qcow2, uefi"})
  void aDiskBootsHasItsAddressAndItsDataAndKeepsWhatItWrites(String format, String firmware) {
    String disk = machines.node().documents().resolve("disk." + format).toString();
    String source = DISK.resolve("disk.raw").toString();
    Programs.run(List.of("qemu-img", "convert", "-f", "raw", "-O", format, source, disk)).expect(0);
    machines
        .node()
        .taskctl(
            "run",
            "-d",
            machines
                .node()
                .document(
                    "debian.yaml",
                    """
                    name: debian
                    executor: qemu
                    root: {disk: {source: %s, format: %s}}
                    options: {firmware: %s, tpm: %s}
                    resources: {memory: 512MiB, cpus: 2}
                    restart: {policy: never}
                    stop: {grace: 100s}
                    interfaces: [{name: eth0, network: lan, mac: "%s"}]
                    volumes:
                    - name: data
                      source:
                        cloudInit:
                          userData: |
                            #cloud-config
                            write_files:
                            - path: /etc/systemd/system/page.service
                              content: |
                                [Service]
                                ExecStart=/usr/bin/python3 -m http.server -d /srv 80
                                [Install]
                                WantedBy=multi-user.target
                            runcmd:
                            - "hostname > /srv/made; cat /sys/class/net/e*/address >> /srv/made"
                            - "[ -d /sys/firmware/efi ] && echo uefi >> /srv/made || echo bios >> /srv/made"
                            - systemctl enable --now page
                    """
                        .formatted(disk, format, firmware, firmware.equals("uefi"), MAC)))
        .expect(0);
    String expected = "debian\n" + MAC + "\n" + firmware + "\n";
    String url = "http://" + address() + "/made";
    awaitPage(url, expected);
    // From a task on the same bridge, too.
    machines.run(
        "peer",
        "native-container",
        "[busybox, wget, -qO-, \"" + url + "\"]",
        "interfaces: [{name: eth0, network: lan}]");
    assertEquals(0, machines.await("peer", "STOPPED").path("exitCode").intValue());
    assertEquals(expected, machines.output("peer"));

    Anchor anchor = machines.anchor("debian");
    JsonNode stopped = machines.node().json("stop", "debian");
    assertEquals(0, stopped.path("exitCode").intValue(), stopped.toString());
    assertEquals("the guest powered off", stopped.path("exitMeaning").asText());
    assertTrue(machines.output("debian").contains("reboot: Power down"), "it ended by itself");
    assertFalse(anchor.isAlive());
    machines.node().taskctl("start", "debian").expect(0);
    awaitPage(url, expected);
    machines.delete("debian", "peer");
  }

  private String address() {
    String address =
        machines.inspect("debian").path("interfaces").path(0).path("addresses").path(0).asText();
    return address.substring(0, address.indexOf('/'));
  }

  /** Of the guest's own server; under emulation it takes a minute or more to come up. */
  private void awaitPage(String url, String expected) {
    Programs.Result[] last = new Programs.Result[1];
    Programs.awaitLong(
        "the page of the guest",
        () -> {
          last[0] = Programs.run(List.of("curl", "-sS", "-m", "5", url));
          assertEquals("RUNNING", machines.inspect("debian").path("state").asText());
          return last[0].status() == 0;
        });
    assertEquals(expected, last[0].out());
  }
}
