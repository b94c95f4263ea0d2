package org.lfedge.eve.tasks.executor.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.seed.ExitRule;

/** What is made of what xl 4.17 says. */
class EndsTest {

  private static final String MADE =
      """
      Parsing config from /run/xen/domain.cfg
      Waiting for domain vm-1.example (domid 1) to die [pid 1]
      """;

  private static String shutDown(int reason) {
    return MADE
        + "Domain 1 has shut down, reason code "
        + reason
        + " 0x"
        + reason
        + "\nAction for shutdown reason code "
        + reason
        + " is destroy\nDomain 1 needs to be cleaned up: destroying the domain\nDone. Exiting now\n";
  }

  /** The first rule that applies, as the core looks at them. */
  private static String end(GuestRequest request, Map<String, String> files) throws SeedException {
    for (ExitRule rule : request.seed().exits()) {
      if (rule instanceof ExitRule.CodeIn in && files.containsKey(in.file())) {
        return "code " + files.get(in.file());
      }
      if (rule instanceof ExitRule.Meaning meaning
          && files
              .getOrDefault(meaning.file().orElseThrow().file(), "")
              .contains(meaning.file().get().contains())) {
        return meaning.outcome() + ": " + meaning.text();
      }
    }
    return "none";
  }

  @Test
  void aGuestOfItsOwnEndsForAReason() throws SeedException {
    GuestRequest guest = Requests.kernel();
    assertEquals("SUCCESS: the guest powered off", end(guest, Map.of("xl.log", shutDown(0))));
    assertEquals("REBOOT: the guest rebooted", end(guest, Map.of("xl.log", shutDown(1))));
    assertEquals("CRASH: the guest's kernel crashed", end(guest, Map.of("xl.log", shutDown(3))));
    assertEquals("CRASH: the guest's watchdog ran out", end(guest, Map.of("xl.log", shutDown(4))));
    assertEquals(
        "FAILURE: the domain was destroyed, since it did not power off by itself, or by somebody"
            + " else",
        end(guest, Map.of("xl.log", MADE + "Domain 1 has been destroyed.\n")));
    assertEquals(
        "FAILURE: the device model could not serve a disk of the domain; the log of the task says"
            + " why",
        end(
            guest,
            Map.of(
                "xl.log",
                MADE
                    + """
                    console: error: the device model cannot serve a disk: xen-qemu-system-i386: \
                    failed to create 'qdisk' device '51712': failed to create drive
                    Domain 1 has been destroyed.
                    """)));
    assertEquals(
        "FAILURE: xl ended before its domain, which is destroyed",
        end(guest, Map.of("xl.log", MADE)));
    assertEquals(
        "FAILURE: xl could not make the domain; the log of the task says why",
        end(
            guest,
            Map.of(
                "xl.log",
                """
                Parsing config from /run/xen/domain.cfg
                libxl: error: libxl_dom.c:818:libxl__load_hvm_firmware_module: failed to read BIOS
                """)));
    assertEquals("none", end(guest, Map.of()));
  }

  @Test
  void aProgramEndsWithItsCode() throws SeedException {
    GuestRequest program = Requests.image("/bin/web");
    assertEquals("code 7\n", end(program, Map.of("exit", "7\n", "xl.log", shutDown(0))));
    assertEquals(
        "FAILURE: the guest powered off before its program had ended",
        end(program, Map.of("xl.log", shutDown(0))));
    assertEquals(
        "CRASH: the guest's kernel panicked, or was restarted from inside",
        end(program, Map.of("xl.log", shutDown(1))));
  }
}
