package org.lfedge.eve.tasks.spi;

import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;

/**
 * Something that the core looks up for an executor: bounded, confined and logged. Closed to
 * implement, open to growth.
 */
public sealed interface FactQuery {

  /**
   * A JSON file in the task's root, where that is a directory or a bundle.
   *
   * <p>The values of the {@link Fact} are keyed by JSON pointer (RFC 6901): each scalar as text
   * under its pointer, such as {@code /process/args/0}, and the whole text of the file under the
   * empty pointer. A file of more than {@value #MAX_BYTES} bytes, or one that is not JSON, refuses
   * the task; a file that does not exist is a fact that is not present.
   *
   * @param path relative to the root, without {@code ..}
   */
  record JsonFile(String path) implements FactQuery {
    /** The largest file that is read. */
    public static final int MAX_BYTES = 1 << 20;

    /** Refuses paths that are absolute, empty or lead upwards. */
    public JsonFile {
      requireBelow(path);
    }
  }

  /**
   * A PCI device of the node.
   *
   * <p>The values of the {@link Fact}, as far as the node knows them: {@code class}, {@code vendor}
   * and {@code device}, in hex with {@code 0x} in front; {@code driver}, the name of the one that
   * has it; {@code iommuGroup}, a number; {@code iommuDevices}, the addresses of the other
   * functions of that group, joined by commas; {@code numaNode}, a number, {@code -1} where there
   * is none.
   *
   * @param address such as {@code 0000:03:00.0}, in lower case
   */
  record PciDevice(String address) implements FactQuery {
    /** Refuses other spellings. */
    public PciDevice {
      var unused = new DeviceRequest.Pci(address);
    }
  }

  /**
   * A USB device of the node.
   *
   * <p>The values of the {@link Fact}: {@code vendor} and {@code product}, four hex digits each;
   * {@code bus} and {@code device}, numbers, of which the second changes whenever the device is
   * plugged in; {@code node}, the path of its device node.
   *
   * @param id where it is plugged in, such as {@code 1-2.4}
   */
  record UsbDevice(String id) implements FactQuery {
    /** Refuses other spellings. */
    public UsbDevice {
      var unused = new DeviceRequest.Usb(id);
    }
  }

  /**
   * What a disk says of itself. It is looked at as the format that the document declares, in a
   * sandbox, and never written to.
   *
   * <p>The values of the {@link Fact}: {@code format}, as declared; {@code bytes}, how large the
   * disk is for a guest. A disk that cannot be read as its format, or that builds on other files,
   * refuses the task.
   *
   * @param volume the name of a volume of the task that offers {@link
   *     org.lfedge.eve.tasks.spi.task.View#BLOCK}; empty for its root, which is a file then
   */
  record DiskImage(Optional<String> volume) implements FactQuery {
    /** Refuses null. */
    public DiskImage {
      Objects.requireNonNull(volume);
    }
  }

  /**
   * A device node of the node.
   *
   * <p>The values of the {@link Fact}: {@code type}, which is {@code c} or {@code b}; {@code major}
   * and {@code minor}, numbers. What is there and no device node is a fact that is not present.
   *
   * @param path below {@code /dev}
   */
  record HostDevice(String path) implements FactQuery {
    /** Refuses paths elsewhere. */
    public HostDevice {
      var unused = new DeviceRequest.Node(path, "r");
    }
  }

  /**
   * What a JAR says of itself: the root of the task, where that is a file of the format {@code
   * jar}, or a file in a root that is a directory. None of its code is run.
   *
   * <p>The values of the {@link Fact}, as far as the JAR has them: {@code manifest}, the main
   * section of its manifest; of the attributes there {@code mainClass}, {@code classPath} as it
   * stands, {@code startClass}, {@code automaticModuleName}, {@code launcherAgent} and {@code
   * multiRelease}, which is {@code true}; {@code classVersion}, the major version of the class file
   * of its main class, and {@code startClassVersion}, that of the start class below {@code
   * BOOT-INF/classes} or {@code WEB-INF/classes}; {@code module}, which is {@code true} if it is a
   * module with a name of its own. A class that is there for several releases of Java counts as it
   * is for the lowest one.
   *
   * <p>A file that is no JAR, or whose main section has more than {@value #MAX_MANIFEST_BYTES}
   * bytes, refuses the task; a file that is not in the directory is a fact that is not present.
   *
   * @param path relative to a root that is a directory, without {@code ..}; empty for a root that
   *     is a file
   * @param mainClass the class that {@code classVersion} is about, such as {@code
   *     org.example.Main}; empty for that of the manifest
   */
  record JarFile(Optional<String> path, Optional<String> mainClass) implements FactQuery {
    /** The longest main section of a manifest. */
    public static final int MAX_MANIFEST_BYTES = 1 << 16;

    private static final Pattern CLASS =
        Pattern.compile("(?=.{1,500}$)[^./;\\[\\\\\\s\\x00]+(\\.[^./;\\[\\\\\\s\\x00]+)*");

    /** Refuses paths that are absolute, empty or lead upwards, and what is no name of a class. */
    public JarFile {
      path.ifPresent(FactQuery::requireBelow);
      if (mainClass.isPresent() && !CLASS.matcher(mainClass.get()).matches()) {
        throw new IllegalArgumentException("not the name of a class: " + mainClass.get());
      }
    }
  }

  private static void requireBelow(String path) {
    if (path.isEmpty() || path.startsWith("/") || ("/" + path + "/").contains("/../")) {
      throw new IllegalArgumentException("path must be relative and must not climb: " + path);
    }
  }
}
