package org.lfedge.eve.tasks.benchmarks;

import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.eve.NodeRules;
import org.lfedge.eve.tasks.core.eve.Wanted;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.ContentTree;
import org.lfedge.eve.tasks.core.eve.api.DatastoreConfig;
import org.lfedge.eve.tasks.core.eve.api.DsType;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.NetworkAdapter;
import org.lfedge.eve.tasks.core.eve.api.NetworkInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.eve.api.Volume;
import org.lfedge.eve.tasks.core.eve.api.VolumeContentOrigin;
import org.lfedge.eve.tasks.core.eve.api.VolumeContentOriginType;
import org.lfedge.eve.tasks.core.eve.api.VolumeRef;
import org.lfedge.eve.tasks.core.eve.api.ZNetworkInstType;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** How many configs of a controller a second one thread maps, each with 100 apps. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class ControllerConfigMapping {

  private static final int APPS = 100;

  private final NodeRules rules = new NodeRules(new TreeMap<>(NodeRules.usual(false)), 4);
  private final byte[] config = config().toByteArray();

  private static String uuid(int kind, int number) {
    return String.format("%08x-1111-4222-8333-%012x", kind, number);
  }

  private static EdgeDevConfig config() {
    EdgeDevConfig.Builder config =
        EdgeDevConfig.newBuilder()
            .addDatastores(
                DatastoreConfig.newBuilder()
                    .setId(uuid(1, 0))
                    .setDType(DsType.DsContainerRegistry)
                    .setFqdn("registry.example"))
            .addNetworkInstances(
                NetworkInstanceConfig.newBuilder()
                    .setUuidandversion(UUIDandVersion.newBuilder().setUuid(uuid(2, 0)))
                    .setInstType(ZNetworkInstType.ZnetInstLocal)
                    .setActivate(true));
    for (int i = 0; i < APPS; i++) {
      config
          .addContentInfo(
              ContentTree.newBuilder()
                  .setUuid(uuid(3, i))
                  .addDsIdsList(uuid(1, 0))
                  .setIformat(Format.CONTAINER)
                  .setURL("team/app-" + i + ":1")
                  .setSha256("ab".repeat(32)))
          .addVolumes(
              Volume.newBuilder()
                  .setUuid(uuid(4, i))
                  .setOrigin(
                      VolumeContentOrigin.newBuilder()
                          .setType(VolumeContentOriginType.VCOT_DOWNLOAD)
                          .setDownloadContentTreeID(uuid(3, i))))
          .addApps(
              AppInstanceConfig.newBuilder()
                  .setUuidandversion(UUIDandVersion.newBuilder().setUuid(uuid(5, i)))
                  .setDisplayname("app " + i)
                  .setActivate(true)
                  .setFixedresources(
                      VmConfig.newBuilder()
                          .setMemory(65_536)
                          .setVcpus(1)
                          .setVirtualizationMode(VmMode.NOHYPER))
                  .addVolumeRefList(VolumeRef.newBuilder().setUuid(uuid(4, i)))
                  .addInterfaces(NetworkAdapter.newBuilder().setNetworkId(uuid(2, 0))));
    }
    return config.build();
  }

  /** From the bytes of a config to what is wanted, every app as a checked task document. */
  @Benchmark
  public Wanted bytesToWanted() {
    Wanted wanted = EdgeConfigs.map(EdgeConfigs.parse(config, false), rules);
    if (wanted.apps().stream().anyMatch(app -> app.document().isEmpty())) {
      throw new IllegalStateException("an app is refused: " + wanted.apps());
    }
    return wanted;
  }
}
