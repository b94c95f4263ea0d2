package org.lfedge.eve.tasks.spi.contract;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.lfedge.eve.tasks.spi.contract.Samples.Link;
import org.lfedge.eve.tasks.spi.contract.Samples.Storage;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Volumes, interfaces and devices of tasks that do not exist, of every shape that a document
 * allows.
 */
final class SampleMeans {

  private static final List<String> VOLUMES =
      List.of("data", "a", "db-1.disk", "v" + "0".repeat(62), "boot", "7");

  private static final List<String> TARGETS =
      List.of(
          "/data",
          "/data/inner",
          "/with space",
          "/käse",
          "/a,b:c=d",
          "/etc/hosts",
          "/dev/shm",
          "/" + "x".repeat(200));

  private static final List<Set<View>> VIEWS =
      List.of(
          EnumSet.of(View.FILESYSTEM),
          EnumSet.of(View.FILE),
          EnumSet.of(View.FILESYSTEM, View.BLOCK),
          EnumSet.of(View.FILESYSTEM, View.FILE, View.ISO9660),
          EnumSet.allOf(View.class),
          EnumSet.of(View.BLOCK),
          EnumSet.of(View.ISO9660));

  private static final List<String> NAMES = List.of("eth0", "eth1", "wan", "lan.100", "e");

  private static final List<DeviceRequest> DEVICES =
      List.of(
          new DeviceRequest.Node("/dev/ttyS0", "rw"),
          new DeviceRequest.Node("/dev/serial/by-id/usb-a,b:c d", "r"),
          new DeviceRequest.Node("/dev/fuse", "rwm"),
          new DeviceRequest.Cdi("vendor.com/gpu=0"),
          new DeviceRequest.Pci("0000:03:00.0"),
          new DeviceRequest.Pci("0000:03:00.1"),
          new DeviceRequest.Usb("1-2.4"),
          new DeviceRequest.Nic("enp1s0"));

  private final SplittableRandom random;

  SampleMeans(SplittableRandom random) {
    this.random = random;
  }

  /** None in every other request, so that what cannot be placed does not hide all else. */
  List<Volume> volumes() {
    List<String> targets = shuffled(TARGETS);
    List<Volume> volumes = new ArrayList<>();
    for (String name : some(VOLUMES)) {
      Set<View> views = VIEWS.get(random.nextInt(VIEWS.size()));
      boolean isData = views.equals(EnumSet.of(View.ISO9660));
      volumes.add(
          new Storage(
              name,
              isData || random.nextInt(6) == 0
                  ? Optional.empty()
                  : Optional.of(targets.get(volumes.size())),
              random.nextBoolean(),
              new TreeSet<>(views),
              format(views)));
    }
    return volumes;
  }

  /** With a file in front: what has no root starts from something that is in a volume. */
  List<Volume> volumesInPlaceOfRoot() {
    List<Volume> volumes = new ArrayList<>();
    volumes.add(
        new Storage(
            "kernel",
            Optional.empty(),
            random.nextBoolean(),
            new TreeSet<>(Set.of(View.FILE)),
            Optional.of("file")));
    volumes.addAll(volumes());
    return volumes;
  }

  private Optional<String> format(Set<View> views) {
    if (views.contains(View.BLOCK)) {
      return random.nextBoolean()
          ? Optional.empty()
          : Optional.of(List.of("raw", "qcow2", "vmdk", "vhdx").get(random.nextInt(4)));
    }
    return views.contains(View.FILE) ? Optional.of("file") : Optional.empty();
  }

  /** With addresses of either kind, of both or of none. */
  List<NetworkInterface> interfaces() {
    List<NetworkInterface> interfaces = new ArrayList<>();
    for (String name : some(NAMES)) {
      int number = interfaces.size() + 1;
      List<String> addresses = new ArrayList<>();
      List<String> gateways = new ArrayList<>();
      if (random.nextInt(4) > 0) {
        addresses.add("10.1." + number + "." + random.nextInt(2, 255) + "/24");
        gateways.add("10.1." + number + ".1");
      }
      if (random.nextBoolean()) {
        addresses.add(
            "fd00:0:0:" + number + "::" + Integer.toHexString(random.nextInt(2, 65536)) + "/64");
        gateways.add("fd00:0:0:" + number + "::1");
      }
      interfaces.add(
          new Link(
              name,
              String.format(
                  "02:16:3e:%02x:%02x:%02x", random.nextInt(256), random.nextInt(256), number),
              random.nextBoolean() ? 1500 : random.nextInt(1280, 65_536),
              addresses,
              gateways,
              random.nextBoolean() ? List.of("10.1." + number + ".1", "fd00::53") : List.of()));
    }
    return interfaces;
  }

  /** Of every kind; none in two of three requests, since many executors refuse some. */
  List<DeviceRequest> devices() {
    return random.nextInt(3) > 0 ? List.of() : some(DEVICES);
  }

  /** Of tools with a JVM; some say nothing that could be one. */
  String javaVersion() {
    return List.of("17", "21", "25", "25", "25", "25", "1.8", "").get(random.nextInt(8));
  }

  private <T> List<T> some(List<T> of) {
    return random.nextBoolean()
        ? List.of()
        : shuffled(of).subList(0, random.nextInt(of.size() - 1));
  }

  private <T> List<T> shuffled(List<T> items) {
    List<T> shuffled = new ArrayList<>(items);
    for (int i = shuffled.size() - 1; i > 0; i--) {
      int other = random.nextInt(i + 1);
      T item = shuffled.get(i);
      shuffled.set(i, shuffled.get(other));
      shuffled.set(other, item);
    }
    return shuffled;
  }
}
