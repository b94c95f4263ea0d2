package org.lfedge.eve.tasks.core.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** The spec of a task made into that of the cleanup of its seed. */
public final class CleanupSpec {

  private CleanupSpec() {}

  /**
   * A spec with another program, which has no terminal; nothing else differs.
   *
   * @param specJson of the anchor
   * @param args the program and its arguments
   */
  public static String of(String specJson, List<String> args) {
    ObjectNode tree = RuntimeSpec.parse(specJson).tree();
    ObjectNode process = tree.withObject("/process");
    process.remove(List.of("terminal", "consoleSize"));
    ArrayNode program = process.putArray("args");
    args.forEach(program::add);
    try {
      return SpecJson.read(tree).json();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a spec was read from this tree before", e);
    }
  }
}
