package org.lfedge.eve.tasks.spi.guest;

import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * Options that executors of guests share, so that a task document says the same to each of them.
 *
 * @param kernel the volume that a kernel is in
 * @param initrd the volume that its initramfs is in
 * @param commandLine of that kernel
 * @param vnc where a screen is served, if there is one
 * @since 1.1
 */
public record GuestOptions(
    Optional<String> kernel,
    Optional<String> initrd,
    Optional<String> commandLine,
    Optional<Vnc> vnc) {

  /** Where a screen is served. */
  public enum Vnc {
    UNIX,
    LOOPBACK
  }

  /** The option, and the volume that is taken without it. */
  public static final String KERNEL = "kernel";

  /** The option, and the volume that is taken without it. */
  public static final String INITRD = "initrd";

  /** The option. */
  public static final String COMMAND_LINE = "commandLine";

  /** A kernel's own limit is 2048 on x86 and 2048 on arm64, with the end of the text. */
  private static final int MAX_COMMAND_LINE = 2047;

  /** What an executor declares to take a kernel. */
  public static final List<Option> KERNELS =
      List.of(
          Option.optional(
              KERNEL,
              Option.Type.STRING,
              "The name of a volume, a file with a kernel that is started without any boot loader; the"
                  + " default is the volume named kernel, where there is such a file."),
          Option.optional(
              INITRD,
              Option.Type.STRING,
              "The name of a volume, a file with the initramfs for that kernel; the default is the"
                  + " volume named initrd, where there is such a file."));

  /** What an executor declares to give a guest a screen. */
  public static final Option VNC =
      Option.oneOf(
          "vnc",
          "Gives the guest a screen, shown by VNC on the socket /run/task/vnc (unix) or at port"
              + " 5900 of 127.0.0.1 in the network of the task (loopback).",
          List.of("unix", "loopback"));

  /**
   * Reads and checks them.
   *
   * @throws SeedException with code {@code BAD_VALUE}
   */
  public static GuestOptions of(TaskConfig task) throws SeedException {
    Options options = task.options();
    Optional<String> commandLine = options.string(COMMAND_LINE);
    if (commandLine.isPresent()
        && (commandLine.get().length() > MAX_COMMAND_LINE
            || commandLine.get().chars().anyMatch(Character::isISOControl))) {
      throw bad(
          COMMAND_LINE,
          "is no command line of a kernel: it has at most "
              + MAX_COMMAND_LINE
              + " characters, in one line");
    }
    return new GuestOptions(
        options.string(KERNEL),
        options.string(INITRD),
        commandLine,
        options.string("vnc").map(word -> word.equals("unix") ? Vnc.UNIX : Vnc.LOOPBACK));
  }

  /** A value that cannot be, at its place in the document. */
  public static SeedException bad(String name, String why) {
    return new SeedException(
        "BAD_VALUE",
        "options." + name,
        "the value of options." + name + " " + why + "; correct it");
  }

  /** An option that the program of an image can do nothing with. */
  public static SeedException notForPrograms(String name) {
    return new SeedException(
        "OPTION_NOT_USABLE",
        "options." + name,
        "options."
            + name
            + " is for a guest that has a system of its own, and the program of an image or a"
            + " directory runs under the kernel of the tools; remove it");
  }
}
