package org.lfedge.eve.tasks.core.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where in a task something of the user's may be mounted. */
final class Targets {

  private static final TextForm FORM =
      new TextForm(
          4095,
          "(?s)/.*",
          "BAD_VALUE",
          "an absolute path inside the task, without .. and not / itself");

  /** Where the core has file systems of its own; a larger /dev/shm is fine. */
  private static final List<String> PROTECTED =
      List.of("/proc", "/sys", "/dev", "/run/secrets", "/run/task");

  private static final String SHARED_MEMORY = "/dev/shm";

  private Targets() {}

  /** Reads a target and gives it in its one spelling: no double or trailing slash, no dots. */
  static Optional<String> read(DocumentValue v) {
    return v.text(FORM)
        .flatMap(
            text -> {
              List<String> names = new ArrayList<>();
              for (String name : text.split("/", -1)) {
                if (name.equals("..")) {
                  return v.refuse(FORM.code(), FORM.message());
                }
                if (!name.isEmpty() && !name.equals(".")) {
                  names.add(name);
                }
              }
              return names.isEmpty()
                  ? v.refuse(FORM.code(), FORM.message())
                  : unprotected(v, "/" + String.join("/", names));
            });
  }

  private static Optional<String> unprotected(DocumentValue v, String target) {
    Optional<String> tree = PROTECTED.stream().filter(top -> isWithin(target, top)).findFirst();
    return tree.isEmpty() || isWithin(target, SHARED_MEMORY)
        ? Optional.of(target)
        : v.refuse(
            "PROTECTED_TARGET",
            "lies in " + tree.get() + ", which every task has from the core; choose another place");
  }

  private static boolean isWithin(String path, String directory) {
    return path.equals(directory) || path.startsWith(directory + "/");
  }
}
