package org.lfedge.eve.tasks.core.eve;

import com.google.protobuf.ByteString;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.lfedge.eve.tasks.core.eve.api.ACE;
import org.lfedge.eve.tasks.core.eve.api.ACEAction;
import org.lfedge.eve.tasks.core.eve.api.ACEDirection;
import org.lfedge.eve.tasks.core.eve.api.ACEMatch;
import org.lfedge.eve.tasks.core.eve.api.Adapter;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.CipherBlock;
import org.lfedge.eve.tasks.core.eve.api.ContentTree;
import org.lfedge.eve.tasks.core.eve.api.DatastoreConfig;
import org.lfedge.eve.tasks.core.eve.api.DsType;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.InstanceOpsCmd;
import org.lfedge.eve.tasks.core.eve.api.MetaDataType;
import org.lfedge.eve.tasks.core.eve.api.NetworkAdapter;
import org.lfedge.eve.tasks.core.eve.api.NetworkInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.PhysicalIO;
import org.lfedge.eve.tasks.core.eve.api.SeedSource;
import org.lfedge.eve.tasks.core.eve.api.Target;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;
import org.lfedge.eve.tasks.core.eve.api.VmBootMode;
import org.lfedge.eve.tasks.core.eve.api.VmConfig;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.eve.api.Volume;
import org.lfedge.eve.tasks.core.eve.api.VolumeContentOrigin;
import org.lfedge.eve.tasks.core.eve.api.VolumeContentOriginType;
import org.lfedge.eve.tasks.core.eve.api.VolumeRef;
import org.lfedge.eve.tasks.core.eve.api.ZNetworkInstType;
import org.lfedge.eve.tasks.core.eve.api.ipspec;

/** Configs as controllers could send them: mostly sound, with anything wrong anywhere. */
final class EdgeConfigArbitraries {

  private static final int IDS = 6;

  private EdgeConfigArbitraries() {}

  /** One of a few UUIDs, so that things refer to one another. */
  private static Arbitrary<String> ids() {
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(
            20, Arbitraries.integers().between(0, IDS - 1).map(EdgeConfigArbitraries::id)),
        net.jqwik.api.Tuple.of(1, texts()));
  }

  static String id(int number) {
    return String.format("%08d-1111-4222-8333-444444444444", number);
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "",
            "web",
            "a b",
            "../x",
            "nginx:1.27",
            "library/nginx@sha256:zz",
            "\n",
            "x".repeat(300)),
        Arbitraries.strings().ofMaxLength(12));
  }

  private static <E> Arbitrary<E> mostly(E usual, Arbitrary<E> others) {
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(6, Arbitraries.just(usual)), net.jqwik.api.Tuple.of(1, others));
  }

  static Arbitrary<EdgeDevConfig> configs() {
    return Combinators.combine(
            apps().list().ofMaxSize(4),
            volumes().list().ofMaxSize(2),
            trees().list().ofMaxSize(2),
            stores().list().ofMaxSize(1),
            networks().list().ofMaxSize(1),
            ports().list().ofMaxSize(3))
        .as(
            (apps, volumes, trees, stores, networks, ports) ->
                EdgeDevConfig.newBuilder()
                    .setId(UUIDandVersion.newBuilder().setUuid(id(0)).setVersion("1"))
                    .addAllApps(apps)
                    .addAllVolumes(volumes)
                    .addAllContentInfo(trees)
                    .addAllDatastores(stores)
                    .addAllNetworkInstances(networks)
                    .addAllDeviceIoList(ports)
                    .mergeFrom(sound())
                    .build());
  }

  /** Of everything one for each UUID, for what is not there already. */
  private static EdgeDevConfig sound() {
    EdgeDevConfig.Builder config = EdgeDevConfig.newBuilder();
    for (int i = 0; i < IDS; i++) {
      config
          .addVolumes(
              Volume.newBuilder()
                  .setUuid(id(i))
                  .setMaxsizebytes(1 << 30)
                  .setOrigin(
                      VolumeContentOrigin.newBuilder()
                          .setType(
                              i == 1
                                  ? VolumeContentOriginType.VCOT_BLANK
                                  : VolumeContentOriginType.VCOT_DOWNLOAD)
                          .setDownloadContentTreeID(id(i))))
          .addContentInfo(
              ContentTree.newBuilder()
                  .setUuid(id(i))
                  .addDsIdsList(id(i))
                  .setIformat(i < 4 ? Format.CONTAINER : Format.QCOW2)
                  .setSha256("cd".repeat(32))
                  .setURL("library/nginx"))
          .addDatastores(
              DatastoreConfig.newBuilder()
                  .setId(id(i))
                  .setDType(i < 4 ? DsType.DsContainerRegistry : DsType.DsHttps)
                  .setFqdn("host-" + i + ".example"))
          .addNetworkInstances(
              NetworkInstanceConfig.newBuilder()
                  .setUuidandversion(UUIDandVersion.newBuilder().setUuid(id(i)))
                  .setInstType(ZNetworkInstType.ZnetInstLocal)
                  .setActivate(true));
    }
    return config.build();
  }

  private static Arbitrary<AppInstanceConfig> apps() {
    Arbitrary<AppInstanceConfig.Builder> basics =
        Combinators.combine(
                ids(),
                texts(),
                machines(),
                Arbitraries.of(true, false),
                Arbitraries.integers().between(-1, 3),
                userData(),
                mostly(MetaDataType.MetaDataDrive, anyOf(MetaDataType.class)),
                seeds().injectNull(0.7))
            .as(
                (id, name, machine, active, counter, data, kind, seed) -> {
                  AppInstanceConfig.Builder app =
                      AppInstanceConfig.newBuilder()
                          .setUuidandversion(UUIDandVersion.newBuilder().setUuid(id))
                          .setDisplayname(name)
                          .setFixedresources(machine)
                          .setActivate(active)
                          .setStartDelayInSeconds(counter)
                          .setRestart(InstanceOpsCmd.newBuilder().setCounter(counter))
                          .setPurge(InstanceOpsCmd.newBuilder().setCounter(counter))
                          .setUserData(data)
                          .setMetaDataType(kind);
                  return seed == null ? app : app.setSeedSource(seed);
                });
    return Combinators.combine(
            basics,
            mostly(List.of(VolumeRef.newBuilder().setUuid(id(0)).build()), someReferences()),
            mostly(List.of(), adapters().list().ofMaxSize(2)),
            mostly(List.of(), devices()),
            mostly(false, Arbitraries.just(true)),
            mostly(false, Arbitraries.just(true)))
        .as(
            (app, references, adapters, devices, encrypted, service) -> {
              app.addAllVolumeRefList(references)
                  .addAllInterfaces(adapters)
                  .addAllAdapters(devices)
                  .setService(service);
              return encrypted
                  ? app.setCipherData(CipherBlock.getDefaultInstance()).build()
                  : app.build();
            });
  }

  private static Arbitrary<List<VolumeRef>> someReferences() {
    return references().list().ofMaxSize(3);
  }

  private static Arbitrary<List<Adapter>> devices() {
    return Arbitraries.of("eth1", "com", "none")
        .map(name -> Adapter.newBuilder().setName(name).build())
        .list()
        .ofMaxSize(1);
  }

  private static <E extends Enum<E>> Arbitrary<E> anyOf(Class<E> type) {
    return Arbitraries.of(
        List.of(type.getEnumConstants()).stream()
            .filter(value -> !value.name().equals("UNRECOGNIZED"))
            .toList());
  }

  private static Arbitrary<VmConfig> machines() {
    return Combinators.combine(
            mostly(65_536, Arbitraries.of(0, 1024, 1 << 20, -1)),
            mostly(1, Arbitraries.of(0, 2, 100)),
            anyOf(VmMode.class),
            mostly(false, Arbitraries.just(true)),
            Arbitraries.of(true, false),
            anyOf(VmBootMode.class),
            Arbitraries.of(0, 1024, -1))
        .as(
            (memory, cpus, mode, pinned, screen, boot, tax) ->
                VmConfig.newBuilder()
                    .setMemory(memory)
                    .setVcpus(cpus)
                    .setVirtualizationMode(mode)
                    .setPinCpu(pinned)
                    .setEnableVnc(screen)
                    .setBootMode(boot)
                    .setVmmMaxmem(tax)
                    .setEnforceNetworkInterfaceOrder(pinned)
                    .build());
  }

  private static Arbitrary<String> userData() {
    return Arbitraries.oneOf(
        Arbitraries.just(""),
        Arbitraries.just(""),
        Arbitraries.of(
                "A=b\nC='d e'", "#cloud-config\nruncmd: [A=b]", "#!/bin/sh", "no env", "\u00e4")
            .map(
                text ->
                    Base64.getEncoder()
                        .encodeToString(text.getBytes(java.nio.charset.StandardCharsets.UTF_8))),
        texts());
  }

  private static Arbitrary<SeedSource> seeds() {
    return Combinators.combine(
            Arbitraries.of("", "cross-arch", "jvm", "No Name"),
            Arbitraries.oneOf(Arbitraries.just(""), ids()),
            Arbitraries.of(1.0, 0.5, Double.NaN, 1e300))
        .as(
            (executor, tree, number) ->
                SeedSource.newBuilder()
                    .setExecutor(executor)
                    .setToolsContentTreeId(tree)
                    .setOptions(
                        Struct.newBuilder()
                            .putFields(
                                "platform", Value.newBuilder().setStringValue("arm64").build())
                            .putFields("n", Value.newBuilder().setNumberValue(number).build()))
                    .build());
  }

  private static Arbitrary<VolumeRef> references() {
    return Combinators.combine(
            ids(),
            mostly(0L, Arbitraries.of(1L, -1L)),
            mostly("", Arbitraries.of("/", "/data", "data", "/proc")))
        .as(
            (id, generation, mount) ->
                VolumeRef.newBuilder()
                    .setUuid(id)
                    .setGenerationCount(generation)
                    .setMountDir(mount)
                    .build());
  }

  private static Arbitrary<Volume> volumes() {
    return Combinators.combine(
            ids(),
            ids(),
            anyOf(VolumeContentOriginType.class),
            Arbitraries.of(0L, 1L << 30, -1L),
            Arbitraries.of(true, false),
            mostly("", texts()),
            mostly(Target.Disk, anyOf(Target.class)))
        .as(
            (id, tree, kind, bytes, readOnly, name, target) ->
                Volume.newBuilder()
                    .setUuid(id)
                    .setOrigin(
                        VolumeContentOrigin.newBuilder()
                            .setType(kind)
                            .setDownloadContentTreeID(tree))
                    .setMaxsizebytes(bytes)
                    .setReadonly(readOnly)
                    .setDisplayName(name)
                    .setTarget(target)
                    .build());
  }

  private static Arbitrary<ContentTree> trees() {
    return Combinators.combine(
            ids(),
            ids(),
            mostly(Format.CONTAINER, anyOf(Format.class)),
            mostly("ab".repeat(32), Arbitraries.of("", "xyz", "AB".repeat(32))),
            mostly("library/nginx:1.27", texts()))
        .as(
            (id, store, format, sha256, url) ->
                ContentTree.newBuilder()
                    .setUuid(id)
                    .addDsIdsList(store)
                    .setIformat(format)
                    .setSha256(sha256)
                    .setURL(url)
                    .build());
  }

  private static Arbitrary<DatastoreConfig> stores() {
    return Combinators.combine(
            ids(),
            mostly(DsType.DsContainerRegistry, anyOf(DsType.class)),
            Arbitraries.of(
                "registry.example:5000",
                "docker://docker.io",
                "http://h/p",
                "file:///srv/x",
                "a b",
                ""),
            mostly("", texts()),
            mostly("", Arbitraries.just("user")))
        .as(
            (id, type, fqdn, path, user) ->
                DatastoreConfig.newBuilder()
                    .setId(id)
                    .setDType(type)
                    .setFqdn(fqdn)
                    .setDpath(path)
                    .setApiKey(user)
                    .addDsCertPEM(ByteString.copyFromUtf8(user))
                    .build());
  }

  private static Arbitrary<NetworkInstanceConfig> networks() {
    return Combinators.combine(
            ids(),
            mostly(ZNetworkInstType.ZnetInstLocal, anyOf(ZNetworkInstType.class)),
            mostly(true, Arbitraries.just(false)),
            mostly("10.1.0.0/24", Arbitraries.of("", "10.1.0.5/24", "x", "fd00::/64")),
            mostly("", Arbitraries.of("10.1.0.1", "10.1.0.9", "y")),
            Arbitraries.of(0, 1500, -1))
        .as(
            (id, type, active, subnet, gateway, mtu) ->
                NetworkInstanceConfig.newBuilder()
                    .setUuidandversion(UUIDandVersion.newBuilder().setUuid(id))
                    .setInstType(type)
                    .setActivate(active)
                    .setIp(ipspec.newBuilder().setSubnet(subnet).setGateway(gateway))
                    .setMtu(mtu)
                    .setPort(Adapter.newBuilder().setName("eth1"))
                    .build());
  }

  private static Arbitrary<PhysicalIO> ports() {
    return Combinators.combine(
            Arbitraries.of("eth1", "com"),
            Arbitraries.of("Ifname", "PciLong", "serial", "UsbAddr", "irq"),
            Arbitraries.of("eth1", "0000:03:00.0", "/dev/ttyS0", "1:2.3", ""))
        .as(
            (label, kind, address) ->
                PhysicalIO.newBuilder().setLogicallabel(label).putPhyaddrs(kind, address).build());
  }

  private static Arbitrary<NetworkAdapter> adapters() {
    return Combinators.combine(
            ids(),
            mostly("", Arbitraries.of("10.1.0.7", "z")),
            mostly("", Arbitraries.of("02:16:3e:00:00:01", "01:00:00:00:00:00", "m")),
            rules().list().ofMaxSize(3),
            mostly(0, Arbitraries.just(7)))
        .as(
            (network, address, mac, rules, vlan) ->
                NetworkAdapter.newBuilder()
                    .setName("eth0")
                    .setNetworkId(network)
                    .setAddr(address)
                    .setMacAddress(mac)
                    .addAllAcls(rules)
                    .setAccessVlanId(vlan)
                    .build());
  }

  private static Arbitrary<ACE> rules() {
    Arbitrary<ACEMatch> matches =
        Combinators.combine(
                Arbitraries.of("ip", "protocol", "lport", "fport", "host", "IP"),
                Arbitraries.of(
                    "0.0.0.0/0", "10.0.0.0/8", "tcp", "udp", "icmp", "80", "443", "99999", ""))
            .as((type, value) -> ACEMatch.newBuilder().setType(type).setValue(value).build());
    Arbitrary<ACEAction> actions =
        Combinators.combine(
                mostly(false, Arbitraries.just(true)),
                Arbitraries.of(true, false),
                Arbitraries.of(0, 80, -1))
            .as(
                (drop, portmap, port) ->
                    ACEAction.newBuilder()
                        .setDrop(drop)
                        .setPortmap(portmap)
                        .setAppPort(port)
                        .build());
    return Combinators.combine(
            matches.list().ofMaxSize(3), actions.list().ofMaxSize(1), anyOf(ACEDirection.class))
        .as(
            (match, action, direction) ->
                ACE.newBuilder()
                    .addAllMatches(match)
                    .addAllActions(action)
                    .setDir(direction)
                    .build());
  }
}
