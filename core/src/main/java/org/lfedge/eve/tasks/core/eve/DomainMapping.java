package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.eve.api.MetaDataType;
import org.lfedge.eve.tasks.core.eve.api.VmBootMode;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/** Makes a task document of one domain. Everything that is wrong with it is found in one go. */
final class DomainMapping {

  private static final String USER_DATA = "pubsub-large-CloudInitUserData";

  private final DomainConfig domain;
  private final NodeRules rules;
  private final SortedMap<String, byte[]> images;
  private final Findings findings = new Findings();
  private final AppDocument common;
  private final ObjectNode document;
  private final GoStruct fields;
  private final List<DomainDisk> disks;
  private final VmConfig machine;

  /**
   * A mapping of one domain.
   *
   * @param images the configs of images, by their files
   */
  DomainMapping(DomainConfig domain, NodeRules rules, SortedMap<String, byte[]> images) {
    this.domain = domain;
    this.rules = rules;
    this.images = images;
    this.common = new AppDocument(domain.id(), domain.displayName(), findings);
    this.document = common.json();
    fields = new GoStruct(domain.json(), "", findings);
    disks =
        fields.list("DiskConfigList").stream()
            .map(disk -> DomainDisk.of(disk, findings))
            .filter(DomainDisk::isOfDomain)
            .toList();
    machine = machine();
  }

  private VmConfig machine() {
    VmConfig.Builder read =
        VmConfig.newBuilder()
            .setMemory((int) fields.number("Memory"))
            .setVcpus((int) fields.number("VCpus"))
            .setVirtualizationMode(mode())
            .setEnableVnc(fields.flag("EnableVnc"))
            .setPinCpu(fields.flag("CPUsPinned"))
            .setVmmMaxmem((int) fields.number("VMMMaxMem"))
            .setEnableOemWinLicenseKey(fields.flag("EnableOemWinLicenseKey"))
            .setDisableVtpm(fields.flag("DisableVirtualTPM"));
    if (!isContainer()) {
      read.setBootMode(bootMode());
    }
    return read.build();
  }

  /** EVE takes what it does not know for PV. */
  private VmMode mode() {
    Optional<VmMode> known =
        Optional.ofNullable(VmMode.forNumber((int) fields.number("VirtualizationMode")));
    return known.filter(mode -> mode != VmMode.Filler).orElse(VmMode.PV);
  }

  /** EVE names a file of its own as the firmware; what it is called tells what it is. */
  private VmBootMode bootMode() {
    String firmware = fields.text("BootLoader");
    String name = firmware.substring(firmware.lastIndexOf('/') + 1);
    return switch (name) {
      case "" -> VmBootMode.VM_BOOT_MODE_UNSPECIFIED;
      case "seabios.bin" -> VmBootMode.VM_BOOT_MODE_LEGACY;
      case "OVMF_CODE.fd", "ovmf.bin" -> VmBootMode.VM_BOOT_MODE_UEFI;
      default -> {
        findings.unsupported(
            "BootLoader", firmware, "firmware is OVMF_CODE.fd, ovmf.bin or seabios.bin");
        yield VmBootMode.VM_BOOT_MODE_UNSPECIFIED;
      }
    };
  }

  private boolean isContainer() {
    return !disks.isEmpty() && disks.get(0).isContainer();
  }

  /** The CPUs that the domain has for itself. */
  List<Integer> pinned(CpuPins pins) {
    return pins.take(machine, "CPUsPinned", findings);
  }

  /** The app. */
  App map(DomainBridges bridges, List<Integer> pinned) {
    Optional<String> executor =
        common.executor(rules, machine.getVirtualizationMode(), "VirtualizationMode");
    boolean guest = executor.filter(GuestOptions::isOfGuests).isPresent();
    common.resources(machine, pinned);
    root();
    if (guest) {
      ObjectNode options = document.withObject("options");
      GuestOptions.add(machine, executor.get(), isContainer(), options);
    }
    volumes(guest);
    userData(guest);
    interfaces(bridges);
    refuseRest();
    long restarts = fields.number("RestartCounter");
    long purges = fields.number("PurgeCounter");
    // The last: all that is wrong is found by now.
    Optional<TaskDocument> task = common.checked();
    return new App(
        domain.id(),
        domain.version(),
        common.displayName(),
        domain.active(),
        restarts,
        purges,
        Duration.ZERO,
        task,
        List.of(),
        findings.all());
  }

  private void root() {
    if (disks.isEmpty()) {
      findings.missing("DiskConfigList", "", "must have a disk with what the domain runs");
      return;
    }
    DomainDisk disk = disks.get(0);
    ObjectNode root = document.putObject("root");
    if (disk.isContainer()) {
      root.put("directory", disk.rootfs());
      program(DomainDisk.imageConfig(disk.location()));
    }
    disk.diskFormat()
        .ifPresent(
            format ->
                root.putObject("disk").put("source", disk.location()).put("format", format.word()));
    if (disk.readOnly() || disk.diskFormat().filter(format -> format == Format.ISO).isPresent()) {
      root.put("readOnly", true);
    }
  }

  private void program(String file) {
    Optional<byte[]> config = Optional.ofNullable(images.get(file));
    if (config.isEmpty()) {
      findings.missing("DiskConfigList[0].FileLocation", file, "there is no such file to be read");
    }
    config.ifPresent(bytes -> ImageProgram.add(file, bytes, document, findings));
  }

  private void volumes(boolean guest) {
    for (int i = 1; i < disks.size(); i++) {
      DomainDisk disk = disks.get(i);
      ObjectNode volume = document.withArray("volumes").addObject();
      String name = "disk-" + i;
      volume.put("name", name);
      if (disk.isContainer()) {
        volume.put("source", disk.rootfs());
      }
      disk.diskFormat()
          .ifPresent(
              format ->
                  volume
                      .putObject("source")
                      .put("file", disk.location())
                      .put("format", format.word()));
      if (!disk.mountDir().isEmpty()) {
        volume.put("target", disk.mountDir());
      } else if (!guest || disk.isContainer()) {
        volume.put("target", "/volumes/" + name);
      }
      if (disk.readOnly()) {
        volume.put("readOnly", true);
      }
    }
  }

  /** EVE has the variables of user data override those of the image. */
  private void userData(boolean guest) {
    MetaDataType kind = MetaDataType.forNumber((int) fields.number("MetaDataType"));
    UserData data =
        new UserData(
            USER_DATA,
            fields.text(USER_DATA),
            "MetaDataType",
            kind == null ? MetaDataType.MetaDataDrive : kind);
    data.add(isContainer(), guest, document, findings);
    if (fields.flag("IsCipher")) {
      findings.unsupported("CipherBlockStatus", "", "encrypted user data are not supported");
    }
  }

  private void interfaces(DomainBridges bridges) {
    List<GoStruct> vifs = new ArrayList<>(fields.list("VifList"));
    if (fields.flag("EnforceNetworkInterfaceOrder")) {
      vifs.sort(Comparator.comparing(vif -> vif.number("VifOrder")));
    }
    vifs.forEach(vif -> bridges.add(vif, document.withArray("interfaces").addObject(), findings));
  }

  private void refuseRest() {
    GuestOptions.refuseLicence(machine, "EnableOemWinLicenseKey", findings);
    for (GoStruct adapter : fields.list("IoAdapterList")) {
      findings.unsupported(
          adapter.path("Name"),
          adapter.text("Name"),
          "a domain says of an adapter only what it is called, not what of the node it is");
    }
    if (fields.flag("Service")) {
      findings.unsupported("Service", true, "services of EVE itself do not run as apps");
    }
    if (!isContainer()) {
      for (String field : List.of("Kernel", "Ramdisk")) {
        String file = fields.text(field);
        if (!file.isEmpty()) {
          findings.unsupported(field, file, "guests start from their disks");
        }
      }
    }
  }
}
