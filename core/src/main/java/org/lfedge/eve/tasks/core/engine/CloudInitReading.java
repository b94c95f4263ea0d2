package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.config.CloudInitData;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;

/**
 * The data of cloud-init of a task, read as if for a program that has no cloud-init. What such a
 * program cannot have is a problem only if the seed does not hand the data to a guest.
 *
 * @param volume that holds the data; empty where there are none
 * @param text of the user data
 * @param data none where there are problems
 */
record CloudInitReading(
    Optional<String> volume,
    Optional<UserData.Text> text,
    CloudInitData data,
    List<Problem> problems) {

  private static final CloudInitData NOTHING = new CloudInitData(new TreeMap<>(), List.of());
  private static final CloudInitReading NONE =
      new CloudInitReading(Optional.empty(), Optional.empty(), NOTHING, List.of());

  CloudInitReading {
    problems = List.copyOf(problems);
  }

  /**
   * Reads the data of a document, whose user data are in it; a task has one such volume at most.
   */
  static CloudInitReading of(TaskDocument document) {
    for (int i = 0; i < document.volumes().size(); i++) {
      VolumeConfig volume = document.volumes().get(i);
      if (volume.source() instanceof CloudInit source
          && source.userData() instanceof UserData.Text text) {
        return read(volume.name(), text, "volumes[" + i + "].source.cloudInit.userData");
      }
    }
    return NONE;
  }

  private static CloudInitReading read(String volume, UserData.Text text, String path) {
    CloudInitData data = NOTHING;
    List<Problem> problems = List.of();
    try {
      data = CloudInitData.read(text.text(), path);
    } catch (TaskException e) {
      problems = e.problems();
    }
    return new CloudInitReading(Optional.of(volume), Optional.of(text), data, problems);
  }

  /** Variables of the program, which those of its document override. */
  SortedMap<String, String> env() {
    return data.env();
  }

  /**
   * The files that a seed leaves to the core.
   *
   * @throws TaskException if the seed leaves the data to the core, which cannot make files of them
   */
  List<SeedFile> files(Seed seed) {
    if (volume.isEmpty() || isPlaced(volume.get(), seed)) {
      return List.of();
    }
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
    return data.files();
  }

  private static boolean isPlaced(String volume, Seed seed) {
    return seed.mounts().stream()
        .anyMatch(
            mount ->
                mount.source() instanceof Source.OfVolume placed && placed.name().equals(volume));
  }
}
