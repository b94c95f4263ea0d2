package org.lfedge.eve.tasks.core.engine;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.admission.TaskCharge;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Tools;
import org.lfedge.eve.tasks.core.spec.SpecResources;
import org.lfedge.eve.tasks.spi.seed.Pool;

/**
 * What another document means for a task. Found by seeding it, so that it holds for every executor:
 * the memory of a container is a limit that can be changed, that of a virtual machine stands on its
 * command line.
 *
 * @param blueprint what the new document gives
 * @param charge what it takes from the node
 * @param inPlace whether the anchor can stay
 * @param limitsDiffer whether the spec has other limits
 */
record Revision(Blueprint blueprint, TaskCharge charge, boolean inPlace, boolean limitsDiffer) {

  /**
   * Compares; changes nothing.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException if the new document cannot be used
   */
  static Revision of(TaskRecord record, TaskDocument document, Planner planner) {
    Planner.Plan plan = planner.render(record.uuid(), document);
    Blueprint after = plan.blueprint();
    boolean inPlace =
        record.blueprint().isPresent()
            && sameAnchor(record.blueprint().get(), after)
            && sameGuestMemory(record, document, after)
            && secrets(record.document()).equals(secrets(document))
            && sameSurroundings(record.document(), document)
            && (after.tools().isEmpty()
                || ownRoot(record.blueprint().get(), record.document())
                    .equals(ownRoot(after, document)))
            && record.document().terminal() == document.terminal();
    boolean limitsDiffer =
        record.blueprint().isEmpty()
            || !record.blueprint().get().specJson().equals(after.specJson())
            || !record.document().pinnedCpus().equals(document.pinnedCpus());
    return new Revision(after, plan.charge(), inPlace, limitsDiffer);
  }

  private static boolean sameAnchor(Blueprint before, Blueprint after) {
    return before.executor().equals(after.executor())
        && before.root().equals(after.root())
        && before.tools().map(Tools::digest).equals(after.tools().map(Tools::digest))
        && before.tools().flatMap(Tools::beside).equals(after.tools().flatMap(Tools::beside))
        && before.userNamespace() == after.userNamespace()
        && before.seed().binaryFormats().equals(after.seed().binaryFormats())
        && before.seed().files().equals(after.seed().files())
        && before.userData().equals(after.userData())
        && before.seed().attachments().equals(after.seed().attachments())
        && SpecResources.differOnlyInResources(before.specJson(), after.specJson());
  }

  /** What a hypervisor gives a guest, it gives at the start, and no limit of a cgroup tells it. */
  private static boolean sameGuestMemory(
      TaskRecord record, TaskDocument document, Blueprint after) {
    Pool before = record.blueprint().orElseThrow().seed().memory();
    return before == after.seed().memory()
        && (before == Pool.CGROUP || record.document().memoryBytes() == document.memoryBytes());
  }

  private static Optional<VolumeConfig> ownRoot(Blueprint blueprint, TaskDocument document) {
    return OwnRoot.asVolume(blueprint.completed(document));
  }

  /** A volume has the same place in the spec, whatever it is made of. */
  private static boolean sameSurroundings(TaskDocument before, TaskDocument after) {
    return before.volumes().equals(after.volumes())
        && before.interfaces().equals(after.interfaces())
        && before.hostNetwork() == after.hostNetwork()
        && before.devices().equals(after.devices())
        && before.maxWritableBytes().equals(after.maxWritableBytes());
  }

  private static SortedMap<String, EnvValue> secrets(TaskDocument document) {
    SortedMap<String, EnvValue> secrets = new TreeMap<>();
    for (Map.Entry<String, EnvValue> variable : document.env().entrySet()) {
      if (variable.getValue() instanceof EnvValue.Secret) {
        secrets.put(variable.getKey(), variable.getValue());
      }
    }
    return secrets;
  }
}
