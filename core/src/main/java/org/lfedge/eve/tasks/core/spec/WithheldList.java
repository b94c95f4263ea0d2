package org.lfedge.eve.tasks.core.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Withheld;

/** Collects what is withheld, bounded in number and length, safe to print. */
final class WithheldList {

  static final String CORE_SETS_IT = "the core sets it for every task, and no seed can change it";

  private static final int MAX_WHAT = 160;

  private final List<Withheld> list = new ArrayList<>();
  private int beyond;

  void add(String what, String why) {
    if (list.size() < AssembledSpec.MAX_WITHHELD - 1) {
      list.add(new Withheld(printable(what), why));
    } else {
      beyond++;
    }
  }

  /** Something that the node's operator could grant to the origin of the seed. */
  void notGranted(String what, Grants grants, String kind) {
    add(
        what,
        "executors of this origin are not granted it; the node's config could, under "
            + grants.configKey(kind));
  }

  /** Fields of an object that are not known to be harmless. */
  void unknown(String object, Map<String, ?> fields) {
    for (String field : fields.keySet()) {
      add(
          object.isEmpty() ? field : object + "." + field,
          "no seed may set it: it is not among the fields of the spec that are known to be harmless");
    }
  }

  List<Withheld> list() {
    if (beyond == 0) {
      return list;
    }
    List<Withheld> all = new ArrayList<>(list);
    all.add(new Withheld(beyond + " more", "only the first are listed"));
    return all;
  }

  private static String printable(String text) {
    String shown = text.length() > MAX_WHAT ? text.substring(0, MAX_WHAT) + "..." : text;
    StringBuilder printable = new StringBuilder(shown.length());
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      printable.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return printable.toString();
  }
}
