package org.lfedge.eve.tasks.core.device;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.config.Suggestions;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.port.DeviceEdits;

/**
 * The devices that the spec files of CDI describe, read each time anew. As CDI has it, a file in a
 * later directory wins over one in an earlier directory, and a device that two files of one
 * directory describe is none.
 */
final class CdiDevices {

  private static final int MAX_FILES = 256;

  private final SystemTree tree;
  private final List<Path> directories;

  CdiDevices(SystemTree tree, List<Path> directories) {
    this.tree = tree;
    this.directories = List.copyOf(directories);
  }

  /** What describes a device; more than one file if that is not clear. */
  private record Described(List<CdiFile> files, JsonNode edits) {}

  /** All devices by their qualified names, and what is wrong with files. */
  private record Catalog(SortedMap<String, Described> devices, List<String> faults) {}

  /**
   * What devices of CDI change, each file's common edits once.
   *
   * @param asked by the paths of the devices in their document
   * @param problems to which is added why some cannot be had
   */
  DeviceEdits resolve(Map<String, DeviceConfig.Cdi> asked, List<Problem> problems) {
    Catalog catalog = catalog();
    Set<Path> common = new LinkedHashSet<>();
    DeviceEdits all = DeviceEdits.NONE;
    for (Map.Entry<String, DeviceConfig.Cdi> entry : asked.entrySet()) {
      String name = entry.getValue().name();
      Optional<Described> device = Optional.ofNullable(catalog.devices().get(name));
      if (device.isEmpty()) {
        problems.add(notFound(entry.getKey(), name, catalog));
      } else if (device.get().files().size() > 1) {
        problems.add(
            Problem.inDocument(
                "CDI_CONFLICT",
                entry.getKey(),
                name,
                "it is described by "
                    + String.join(" and by ", paths(device.get().files()))
                    + ", so by none; remove it from one of them"));
      } else {
        CdiFile file = device.get().files().get(0);
        try {
          all = all.and(new CdiEdits(tree, file.file() + ": " + name).read(device.get().edits()));
          if (common.add(file.file())) {
            all = all.and(new CdiEdits(tree, file.file().toString()).read(file.common()));
          }
        } catch (CdiFault fault) {
          problems.add(
              Problem.inDocument(
                  "CDI_INVALID", entry.getKey(), name, fault.getMessage() + "; correct the file"));
        }
      }
    }
    return all;
  }

  private static List<String> paths(List<CdiFile> files) {
    return files.stream().map(file -> file.file().toString()).toList();
  }

  private Problem notFound(String path, String name, Catalog catalog) {
    List<String> known = List.copyOf(catalog.devices().keySet());
    return Problem.inDocument(
        "DEVICE_NOT_FOUND",
        path,
        name,
        "no CDI spec file in "
            + String.join(", ", directories.stream().map(Path::toString).toList())
            + " describes this device"
            + Suggestions.nearest(name, known)
                .map(nearest -> "; did you mean " + nearest + "?")
                .orElse("")
            + (catalog.faults().isEmpty() ? "" : "; " + String.join("; ", catalog.faults())));
  }

  private Catalog catalog() {
    SortedMap<String, Described> devices = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    for (Path directory : directories) {
      SortedMap<String, Described> here = new TreeMap<>();
      for (Path file : files(directory)) {
        try {
          CdiFile read = CdiFile.read(file);
          read.qualified()
              .forEach(
                  (name, edits) ->
                      here.merge(
                          name,
                          new Described(List.of(read), edits),
                          (one, other) -> new Described(both(one, other), edits)));
        } catch (CdiFault fault) {
          faults.add(fault.getMessage());
        }
      }
      devices.putAll(here);
    }
    return new Catalog(devices, faults);
  }

  private static List<CdiFile> both(Described one, Described other) {
    List<CdiFile> files = new ArrayList<>(one.files());
    files.addAll(other.files());
    return files;
  }

  private static List<Path> files(Path directory) {
    return SystemTree.names(directory).stream()
        .filter(name -> name.matches("[^.].*\\.(json|yaml)"))
        .limit(MAX_FILES)
        .map(directory::resolve)
        .toList();
  }
}
