package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/** The limits in a finished spec: all of it that may change while its task runs. */
public final class SpecResources {

  private static final List<String> LIVE = List.of("memory", "cpu", "pids");

  private SpecResources() {}

  /**
   * A spec with another set of CPUs.
   *
   * @param cpus such as {@code 0-3,6}; empty to leave it to the node
   * @return equal text for an equal spec, in the form of {@link RuntimeSpec#json}
   */
  public static String withCpus(String specJson, Optional<String> cpus) {
    ObjectNode tree = RuntimeSpec.parse(specJson).tree();
    ObjectNode cpu = tree.withObject("/linux/resources/cpu");
    cpus.ifPresentOrElse(list -> cpu.put("cpus", list), () -> cpu.remove("cpus"));
    return text(tree);
  }

  /** The set of CPUs in a spec, if it names one. */
  public static Optional<String> cpus(String specJson) {
    RuntimeSpec.Linux linux = RuntimeSpec.parse(specJson).linux();
    RuntimeSpec.Resources resources = linux == null ? null : linux.resources();
    RuntimeSpec.Cpu cpu = resources == null ? null : resources.cpu();
    return Optional.ofNullable(cpu == null ? null : cpu.cpus());
  }

  /**
   * Whether one spec can be made of the other without ending the task: they are equal but for their
   * limits of memory, CPU and PIDs, or altogether.
   */
  public static boolean differOnlyInResources(String specJson, String otherJson) {
    return withoutLimits(specJson).equals(withoutLimits(otherJson));
  }

  private static ObjectNode withoutLimits(String specJson) {
    ObjectNode tree = RuntimeSpec.parse(specJson).tree();
    tree.withObject("/linux/resources").remove(LIVE);
    return tree;
  }

  private static String text(ObjectNode tree) {
    try {
      return SpecJson.read(tree).json();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec was read from this tree before", e);
    }
  }
}
