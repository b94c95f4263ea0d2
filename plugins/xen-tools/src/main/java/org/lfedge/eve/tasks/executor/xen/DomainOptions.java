package org.lfedge.eve.tasks.executor.xen;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestOptions;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What a document says of a domain under {@code options:}. The core has checked the types; here the
 * values are.
 *
 * @param type if the document names one
 * @param cpus of the hypervisor that the domain runs on, in xl's words; empty for all
 * @param maxMemoryMib to which the domain may grow
 * @param guest what is the same for guests of other executors
 */
record DomainOptions(
    Optional<DomainType> type,
    Optional<String> cpus,
    OptionalLong maxMemoryMib,
    GuestOptions guest) {

  private static final Pattern CPUS =
      Pattern.compile("\\^?[0-9]{1,4}(-[0-9]{1,4})?(,\\^?[0-9]{1,4}(-[0-9]{1,4})?){0,63}");

  /** 16 TiB, the most that Xen gives one domain. */
  private static final long MAX_MIB = 1L << 24;

  private static final List<Option> OWN =
      List.of(
          Option.oneOf(
              "type",
              "pv, pvh or hvm. The default is what this node and the guest can do: pvh for a kernel and"
                  + " the program of an image, hvm for a disk or a CD; pv where the CPUs of the node do"
                  + " not virtualise.",
              DomainType.words()),
          Option.optional(
              "cpus",
              Option.Type.STRING,
              "The physical CPUs that the domain runs on, by their numbers in the hypervisor, such as"
                  + " 2-3 or 0-7,^4; the default is all."),
          Option.optional(
              "maxMemoryMib",
              Option.Type.INTEGER,
              "To how much memory the domain may grow while it runs (xl mem-set), in MiB; all of it is"
                  + " set apart. The default is resources.memory."),
          Option.optional(
              GuestOptions.COMMAND_LINE,
              Option.Type.STRING,
              "The command line of that kernel, by default console=hvc0 (pv, pvh) or console=ttyS0"
                  + " (hvm)."));

  /** What the executor declares. */
  static List<Option> declared() {
    return Stream.of(OWN, GuestOptions.KERNELS, List.of(GuestOptions.VNC))
        .flatMap(List::stream)
        .toList();
  }

  /** Reads and checks them. */
  static DomainOptions of(TaskConfig task) throws SeedException {
    Options options = task.options();
    Optional<String> cpus = options.string("cpus");
    if (cpus.isPresent() && !CPUS.matcher(cpus.get()).matches()) {
      throw GuestOptions.bad("cpus", "is no list of CPUs, such as 2-3 or 0-7,^4");
    }
    OptionalLong maxMemory = options.integer("maxMemoryMib");
    long memory = task.resources().memoryBytes() >> 20;
    if (maxMemory.isPresent()
        && (maxMemory.getAsLong() < memory || maxMemory.getAsLong() > MAX_MIB)) {
      throw GuestOptions.bad(
          "maxMemoryMib", "must be from resources.memory, " + memory + " MiB, to " + MAX_MIB);
    }
    return new DomainOptions(
        options.string("type").map(DomainType::of), cpus, maxMemory, GuestOptions.of(task));
  }
}
