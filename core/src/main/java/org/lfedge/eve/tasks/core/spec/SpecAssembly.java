package org.lfedge.eve.tasks.core.spec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Mount;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Program;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Root;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * Makes the OCI runtime spec of a task. The seed's merge patch is applied to the core's secure
 * defaults; of the result, {@link PatchReview} and {@link MountPlan} take over what is known to be
 * harmless or granted; the seed's fields and the core's own parts are set beside that. So nothing
 * of a patch is in a spec unless it was let through by name.
 *
 * <p>Equal input gives equal bytes in every JVM.
 */
public final class SpecAssembly {

  private SpecAssembly() {}

  /**
   * Assembles the spec of a task.
   *
   * @param grants what policy gives to the origin of the seed's executor
   * @throws TaskException with code {@code HOST_ROOT_NOT_ALLOWED}, {@code HOST_ROOT_NOT_GRANTED},
   *     {@code OCI_PATCH_INVALID}, {@code ARCHITECTURE_UNSUPPORTED}, {@code VOLUME_NOT_PLACED},
   *     {@code ROOT_NOT_PLACED}, {@code DEVICE_NOT_TAKEN}, {@code DEVICE_CONFLICT}, {@code
   *     NO_USER_NAMESPACE}, {@code SPEC_INCOMPLETE} or {@code SPEC_NOT_UNICODE}
   * @throws IllegalArgumentException if the inputs do not place every file of the seed
   */
  public static AssembledSpec assemble(Seed seed, SpecInputs inputs, Grants grants) {
    if (seed.base() == Base.HOST && !grants.hostRoot()) {
      throw TaskException.failed(grants.hostRootRefused());
    }
    if (seed.files().size() != inputs.seedFiles().size()) {
      throw new IllegalArgumentException(
          "the seed has " + seed.files().size() + " files, not " + inputs.seedFiles().size());
    }
    if (!seed.binaryFormats().isEmpty() && inputs.users().isEmpty()) {
      throw TaskException.failed(
          inputs.defect(
              "NO_USER_NAMESPACE", "has binary formats, and its tasks have no user namespace"));
    }
    RuntimeSpec defaults = SecureDefaults.spec(inputs);
    RuntimeSpec patched =
        seed.oci().map(patch -> MergePatch.apply(defaults, patch)).orElse(defaults);
    WithheldList withheld = new WithheldList();
    PatchReview review = new PatchReview(seed, inputs, grants, withheld);

    review.checkTop(patched);
    DevicePlan devices = DevicePlan.of(seed, inputs, grants, withheld);
    Program process = devices.in(review.process(patched.process(), args(seed)));
    List<Mount> mounts = new MountPlan(seed, grants, withheld).plan(patched.mounts(), inputs);
    RuntimeSpec spec =
        new RuntimeSpec(
            RuntimeSpec.OCI_VERSION,
            process,
            new Root(SecureDefaults.ROOT_PATH, seed.readOnly(), Map.of()),
            review.hostname(patched.hostname()),
            mounts,
            review.annotations(patched.annotations()),
            devices.in(review.linux(patched.linux(), defaults, process), process),
            devices.top());
    requireMinimum(spec);
    String json = spec.json();
    if (!UTF_8.newEncoder().canEncode(json)) {
      throw TaskException.failed(
          Problem.user(
              "SPEC_NOT_UNICODE",
              "an argument, a variable or another text of task "
                  + inputs.name()
                  + " holds half of a surrogate pair and cannot be written as UTF-8; correct it"));
    }
    return new AssembledSpec(spec, json, withheld.list());
  }

  private static List<String> args(Seed seed) {
    List<String> args = new ArrayList<>();
    if (seed.process().init()) {
      args.add(MountPlan.INIT_TARGET);
      args.add("--");
    }
    args.addAll(seed.process().args());
    return args;
  }

  /**
   * Refuses a spec that lacks what every task must have: a root, a program, and limits of memory
   * and CPU.
   *
   * @throws TaskException with code {@code SPEC_INCOMPLETE} that names all that is missing
   */
  public static void requireMinimum(RuntimeSpec spec) {
    List<String> missing = new ArrayList<>();
    Root root = spec.root();
    if (root == null || root.path() == null || root.path().isEmpty()) {
      missing.add("root.path");
    }
    Program process = spec.process();
    if (process == null || process.args().isEmpty() || process.args().get(0).isEmpty()) {
      missing.add("process.args");
    }
    RuntimeSpec.Resources resources = spec.linux() == null ? null : spec.linux().resources();
    RuntimeSpec.Memory memory = resources == null ? null : resources.memory();
    if (memory == null || memory.limit() == null || memory.limit() < 1) {
      missing.add("linux.resources.memory.limit");
    }
    RuntimeSpec.Cpu cpu = resources == null ? null : resources.cpu();
    if (cpu == null || cpu.quota() == null || cpu.quota() < 1 || cpu.period() == null) {
      missing.add("linux.resources.cpu.quota");
    }
    if (!missing.isEmpty()) {
      throw TaskException.failed(
          Problem.user(
              "SPEC_INCOMPLETE",
              "a task needs a root, a program, memory and CPU, and its spec has no "
                  + String.join(", no ", missing)
                  + "; give them in the task document"));
    }
  }
}
