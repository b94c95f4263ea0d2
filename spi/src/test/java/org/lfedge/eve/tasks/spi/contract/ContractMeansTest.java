package org.lfedge.eve.tasks.spi.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** What the contract asks for volumes, interfaces and devices. */
class ContractMeansTest {

  /** Ways to fail volumes, each with a request that has one which makes a difference. */
  @TestFactory
  Stream<DynamicTest> aVolumeIsPlacedExactlyOnceInAViewThatItOffers() {
    Map<String, ContractTest.Answer> misdeeds =
        Map.of(
            "left out",
            request -> bare(request).build(),
            "twice",
            request -> GoodExecutor.place(request, mountedOnceMore(request), false).build(),
            "in another view",
            request -> {
              Seed.Builder seed = bare(request);
              for (Volume volume : request.task().volumes()) {
                EnumSet<View> others = EnumSet.complementOf(EnumSet.copyOf(volume.views()));
                View view = others.isEmpty() ? volume.views().first() : others.iterator().next();
                seed.mount(
                    new Mount(new Source.OfVolume(volume.name(), view), "/" + volume.name(), true));
              }
              return seed.build();
            });
    return misdeeds.entrySet().stream()
        .map(
            misdeed ->
                DynamicTest.dynamicTest(
                    misdeed.getKey(),
                    () ->
                        assertEquals(
                            EnumSet.of(Rule.VOLUME_NOT_PLACED),
                            ContractTest.rules(
                                Contract.verify(
                                    ContractTest.seedGiving(misdeed.getValue()), 7, 50)))));
  }

  /** With devices and no volumes. */
  private static Seed.Builder bare(SeedRequest request) {
    Seed good = GoodExecutor.builder(request).build();
    Seed.Builder seed = Seed.builder(Base.TASK, good.readOnly(), good.process());
    good.devices().forEach(seed::device);
    return seed;
  }

  private static Seed.Builder mountedOnceMore(SeedRequest request) {
    Seed good = GoodExecutor.builder(request).build();
    Seed.Builder seed = Seed.builder(Base.TASK, good.readOnly(), good.process());
    for (Volume volume : request.task().volumes()) {
      seed.mount(
          new Mount(
              new Source.OfVolume(volume.name(), volume.views().last()),
              "/again/" + volume.name(),
              true));
    }
    return seed;
  }

  @Test
  void dataOfCloudInitMayBeLeftOut() {
    Supplier<Executor> leavesOut =
        ContractTest.seedGiving(
            request -> {
              Seed.Builder seed = bare(request);
              for (Volume volume : request.task().volumes()) {
                if (!volume.views().equals(EnumSet.of(View.ISO9660))) {
                  seed.mount(
                      new Mount(
                          new Source.OfVolume(volume.name(), volume.views().first()),
                          "/" + volume.name(),
                          true));
                }
              }
              return seed.build();
            });
    assertEquals(List.of(), Contract.verify(leavesOut, 7, 50));
  }

  @Test
  void everyDeviceIsTakenAsItIsAndOnlyNodesBesides() {
    List<UnaryOperator<List<DeviceRequest>>> misdeeds =
        List.of(
            devices -> List.of(),
            devices -> devices.subList(0, Math.max(0, devices.size() - 1)),
            devices -> devices.stream().map(ContractMeansTest::widened).toList(),
            devices -> with(devices, new DeviceRequest.Nic("eth9")));
    for (UnaryOperator<List<DeviceRequest>> misdeed : misdeeds) {
      assertEquals(
          EnumSet.of(Rule.DEVICE_NOT_TAKEN),
          ContractTest.rules(Contract.verify(ContractTest.seedGiving(taking(misdeed)), 7, 50)));
    }
    DeviceRequest tun = new DeviceRequest.Node("/dev/net/tun", "rw");
    assertEquals(
        List.of(),
        Contract.verify(ContractTest.seedGiving(taking(devices -> with(devices, tun))), 7, 50));
  }

  private static ContractTest.Answer taking(UnaryOperator<List<DeviceRequest>> devices) {
    return request -> {
      Seed good = GoodExecutor.builder(request).build();
      Seed.Builder seed = Seed.builder(Base.TASK, good.readOnly(), good.process());
      good.mounts().forEach(seed::mount);
      devices.apply(request.task().devices()).forEach(seed::device);
      return seed.build();
    };
  }

  private static DeviceRequest widened(DeviceRequest device) {
    return device instanceof DeviceRequest.Node node && !node.access().equals("rwm")
        ? new DeviceRequest.Node(node.path(), "rwm")
        : device;
  }

  private static List<DeviceRequest> with(List<DeviceRequest> devices, DeviceRequest one) {
    return Stream.concat(devices.stream(), Stream.of(one)).toList();
  }

  @Test
  void whatIsDoneToVolumesInterfacesAndDevicesIsFound() {
    List<ContractTest.Misdeed> misdeeds =
        List.of(
            request -> request.task().volumes().clear(),
            request -> request.task().volumes().forEach(volume -> volume.views().clear()),
            request -> request.task().interfaces().clear(),
            request -> request.task().devices().clear(),
            request -> request.task().interfaces().forEach(one -> one.addresses().add("x")),
            request -> request.task().interfaces().forEach(one -> one.dns().add("x")),
            request -> request.task().interfaces().forEach(one -> one.gateways().add("x")));
    for (ContractTest.Misdeed misdeed : misdeeds) {
      assertEquals(
          EnumSet.of(Rule.INPUT_CHANGED),
          ContractTest.rules(Contract.verify(ContractTest.seedDoing(misdeed), 7, 50)));
    }
  }
}
