package org.lfedge.eve.tasks.core.eve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.eve.NetworkInstances.Mapped;
import org.lfedge.eve.tasks.core.eve.api.AppInstanceConfig;
import org.lfedge.eve.tasks.core.eve.api.NetworkAdapter;
import org.lfedge.eve.tasks.core.eve.api.SeedSource;
import org.lfedge.eve.tasks.core.eve.api.VmMode;

/** Makes a task document of one app. Everything that is wrong with it is found in one go. */
final class AppMapping {

  private static final Duration LONGEST_DELAY = Duration.ofHours(24);

  private final AppInstanceConfig app;
  private final String id;
  private final NodeRules rules;
  private final Findings findings = new Findings();
  private final AppDocument common;
  private final ObjectNode document;
  private final AppStorage storage;

  AppMapping(AppInstanceConfig app, String id, NodeRules rules, Contents contents) {
    this.app = app;
    this.id = id;
    this.rules = rules;
    this.common = new AppDocument(id, app.getDisplayname(), findings);
    this.document = common.json();
    this.storage = new AppStorage(app, contents, findings);
  }

  /**
   * The app.
   *
   * @param pinned the CPUs that it has for itself; empty if it shares those of all, or if there are
   *     not enough
   */
  App map(NetworkInstances networks, PhysicalPorts ports, List<Integer> pinned, Findings known) {
    findings.addAll(known.all());
    bootDelay();
    Optional<String> executor = executor();
    boolean guest = executor.filter(GuestOptions::isOfGuests).isPresent();
    common.resources(app.getFixedresources(), pinned);
    storage.add(document, guest);
    ObjectNode options = document.withObject("options");
    if (guest && !app.hasSeedSource()) {
      GuestOptions.add(app.getFixedresources(), executor.get(), storage.isImage(), options);
      GuestOptions.refuseLicence(
          app.getFixedresources(), "fixedresources.enable_oem_win_license_key", findings);
    }
    UserData data =
        new UserData("userData", app.getUserData(), "metaDataType", app.getMetaDataType());
    data.add(storage.isImage(), guest, document, findings);
    interfaces(networks);
    for (int i = 0; i < app.getAdaptersCount(); i++) {
      ports.add(
          app.getAdapters(i),
          guest,
          "adapters[" + i + "]",
          document.withArray("devices"),
          findings);
    }
    refuseRest();
    Optional<TaskDocument> task = common.checked();
    return new App(
        id,
        app.getUuidandversion().getVersion(),
        common.displayName(),
        app.getActivate(),
        Integer.toUnsignedLong(app.getRestart().getCounter()),
        Integer.toUnsignedLong(app.getPurge().getCounter()),
        startDelay(),
        task,
        storage.volumes(),
        findings.all());
  }

  private void bootDelay() {
    if (startDelay().compareTo(LONGEST_DELAY) > 0) {
      findings.unsupported(
          "start_delay_in_seconds",
          startDelay().toSeconds(),
          "is more than " + LONGEST_DELAY.toHours() + " hours");
    } else if (!startDelay().isZero()) {
      document.withObject("restart").put("bootDelay", startDelay().toSeconds() + "s");
    }
  }

  private Duration startDelay() {
    return Duration.ofSeconds(Integer.toUnsignedLong(app.getStartDelayInSeconds()));
  }

  private Optional<String> executor() {
    if (!app.hasSeedSource()) {
      VmMode mode = app.getFixedresources().getVirtualizationMode();
      return common.executor(rules, mode, "fixedresources.virtualizationMode");
    }
    SeedSource source = app.getSeedSource();
    storage
        .tools(source.getToolsContentTreeId(), "seed_source.tools_content_tree_id")
        .ifPresent(tools -> document.put("tools", tools));
    document.set("options", StructJson.of(source.getOptions()));
    Optional<String> executor = Optional.of(source.getExecutor()).filter(name -> !name.isEmpty());
    if (executor.isEmpty() && source.getToolsContentTreeId().isEmpty()) {
      findings.missing("seed_source", "", "must name an executor, tools, or both of them");
    }
    executor.ifPresent(name -> document.put("executor", name));
    return executor;
  }

  private void interfaces(NetworkInstances networks) {
    for (int i : interfaceOrder()) {
      NetworkAdapter adapter = app.getInterfaces(i);
      String path = "interfaces[" + i + "]";
      ObjectNode target = document.withArray("interfaces").addObject();
      Optional<Mapped> network =
          networks.network(adapter.getNetworkId(), path + ".networkId", findings);
      network.ifPresent(found -> target.put("network", found.name()));
      if (!adapter.getMacAddress().isEmpty()) {
        target.put("mac", adapter.getMacAddress());
      }
      if (!adapter.getAddr().isEmpty()) {
        Optional<Integer> prefix = network.flatMap(Mapped::prefix);
        if (network.isPresent() && prefix.isEmpty()) {
          findings.unsupported(
              path + ".addr", adapter.getAddr(), "the network instance has no subnet for it");
        }
        prefix.ifPresent(
            length -> target.withArray("addresses").add(adapter.getAddr() + "/" + length));
      }
      if (adapter.getAccessVlanId() != 0) {
        findings.unsupported(
            path + ".access_vlan_id", adapter.getAccessVlanId(), "switches know no VLANs");
      }
      AccessRules.add(adapter.getAclsList(), path + ".acls", target, findings);
    }
  }

  /** As they stand in the config, unless that says that their order matters. */
  private List<Integer> interfaceOrder() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < app.getInterfacesCount(); i++) {
      order.add(i);
    }
    if (app.getFixedresources().getEnforceNetworkInterfaceOrder()) {
      order.sort(
          (a, b) ->
              Integer.compareUnsigned(
                  app.getInterfaces(a).getInterfaceOrder(),
                  app.getInterfaces(b).getInterfaceOrder()));
    }
    return order;
  }

  private void refuseRest() {
    if (app.hasCipherData()) {
      findings.unsupported("cipherData", "", "encrypted user data are not supported");
    }
    if (app.getService()) {
      findings.unsupported("service", true, "services of EVE itself do not run as apps");
    }
  }
}
