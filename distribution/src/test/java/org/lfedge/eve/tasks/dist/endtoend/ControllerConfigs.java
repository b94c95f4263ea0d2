package org.lfedge.eve.tasks.dist.endtoend;

import java.util.List;
import org.lfedge.eve.tasks.core.controller.FixtureController;
import org.lfedge.eve.tasks.core.controller.FixtureSigners;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.ConfigItem;
import org.lfedge.eve.tasks.core.eve.api.ContentTree;
import org.lfedge.eve.tasks.core.eve.api.DatastoreConfig;
import org.lfedge.eve.tasks.core.eve.api.DsType;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.InstanceOpsCmd;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.eve.api.Volume;
import org.lfedge.eve.tasks.core.eve.api.VolumeContentOrigin;
import org.lfedge.eve.tasks.core.eve.api.VolumeContentOriginType;
import org.lfedge.eve.tasks.core.eve.api.VolumeRef;

/** Parts of the configs of a controller, as it would write them. */
final class ControllerConfigs {

  private ControllerConfigs() {}

  /** The config of a node that registers at a controller. */
  static String node(FixtureController controller, FixtureSigners signers) {
    return """
        controller:
          server: %s
          rootCertificate: %s
          ca: %s
          proxy: none
          onboarding: {certificate: %s, key: %s}
          executors: {PV: qemu, HVM: qemu}
        """
        .formatted(
            controller.uri(),
            signers.root(),
            signers.ca(),
            signers.onboarding().certificate(),
            signers.onboarding().key());
  }

  /** A UUID that is known by its last digits. */
  static String uuid(int number) {
    return String.format("%08x-1111-4222-8333-%012x", number, number);
  }

  static DatastoreConfig registry(int id, String host) {
    return DatastoreConfig.newBuilder()
        .setId(uuid(id))
        .setDType(DsType.DsContainerRegistry)
        .setFqdn("http://" + host)
        .build();
  }

  static ContentTree tree(int id, int store, Format format, String url, String digest) {
    return ContentTree.newBuilder()
        .setUuid(uuid(id))
        .addDsIdsList(uuid(store))
        .setIformat(format)
        .setURL(url)
        .setSha256(digest.replaceFirst("^sha256:", ""))
        .build();
  }

  static Volume download(int id, int tree) {
    return Volume.newBuilder()
        .setUuid(uuid(id))
        .setOrigin(
            VolumeContentOrigin.newBuilder()
                .setType(VolumeContentOriginType.VCOT_DOWNLOAD)
                .setDownloadContentTreeID(uuid(tree)))
        .build();
  }

  static Volume blank(int id, long bytes) {
    return Volume.newBuilder()
        .setUuid(uuid(id))
        .setOrigin(VolumeContentOrigin.newBuilder().setType(VolumeContentOriginType.VCOT_BLANK))
        .setMaxsizebytes(bytes)
        .build();
  }

  static VolumeRef mounted(int volume, String at) {
    return VolumeRef.newBuilder().setUuid(uuid(volume)).setMountDir(at).build();
  }

  /** An app that is active. */
  static AppInstanceConfig.Builder app(int id, String name, VmMode mode, int mebibytes) {
    return AppInstanceConfig.newBuilder()
        .setUuidandversion(UUIDandVersion.newBuilder().setUuid(uuid(id)).setVersion("1"))
        .setDisplayname(name)
        .setActivate(true)
        .setFixedresources(
            VmConfig.newBuilder()
                .setMemory(mebibytes << 10)
                .setVcpus(1)
                .setVirtualizationMode(mode));
  }

  static InstanceOpsCmd count(int counter) {
    return InstanceOpsCmd.newBuilder().setCounter(counter).build();
  }

  /** A config that asks for the next one, and for metrics, as often as can be. */
  static EdgeDevConfig.Builder config(List<AppInstanceConfig> apps) {
    return EdgeDevConfig.newBuilder()
        .addAllApps(apps)
        .addConfigItems(item("timer.config.interval", "5"))
        .addConfigItems(item("timer.metric.interval", "1"));
  }

  private static ConfigItem item(String key, String value) {
    return ConfigItem.newBuilder().setKey(key).setValue(value).build();
  }
}
