package org.lfedge.eve.tasks.core.engine;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.port.StorageUse;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** Volumes that are names. */
final class MemoryVolumes implements Volumes {

  final ConcurrentSkipListMap<String, StoredVolume> stored = new ConcurrentSkipListMap<>();

  /** What disks were made of. */
  final ConcurrentSkipListMap<String, DiskContent> disks = new ConcurrentSkipListMap<>();

  /** Each {@code TASK/NAME} that is ready. */
  final ConcurrentSkipListSet<String> ready = new ConcurrentSkipListSet<>();

  /** What is in files with user data, by path. */
  final ConcurrentSkipListMap<String, String> userData = new ConcurrentSkipListMap<>();

  /** What disks with data of cloud-init were made of last, by task. */
  final ConcurrentSkipListMap<String, VolumeConfig.Source.CloudInit> guestData =
      new ConcurrentSkipListMap<>();

  /** What the root of a task was made of, where its tools are given it. */
  final ConcurrentSkipListMap<String, String> roots = new ConcurrentSkipListMap<>();

  final ConcurrentSkipListMap<String, String> tools = new ConcurrentSkipListMap<>();

  /** Each {@code TASK/NAME} that is kept. */
  final ConcurrentSkipListSet<String> states = new ConcurrentSkipListSet<>();

  /** What is in the files of runtime directories, by {@code TASK/NAME}. */
  final ConcurrentSkipListMap<String, String> runtimeFiles = new ConcurrentSkipListMap<>();

  @Override
  public List<StoredVolume> list() {
    return List.copyOf(stored.values());
  }

  @Override
  public Optional<StoredVolume> find(String name) {
    return Optional.ofNullable(stored.get(name));
  }

  @Override
  public StoredVolume create(
      String name, long bytes, Optional<String> content, Optional<VolumeConfig.Owner> owner) {
    return put(name, bytes, Optional.empty());
  }

  @Override
  public StoredVolume createDisk(String name, DiskContent content, long bytes) {
    disks.put(name, content);
    return put(name, "disk", bytes, Optional.empty(), Optional.of(content.origin()));
  }

  private StoredVolume put(String name, long bytes, Optional<String> madeFor) {
    return put(name, "blank", bytes, madeFor, Optional.empty());
  }

  StoredVolume put(
      String name, String kind, long bytes, Optional<String> madeFor, Optional<String> content) {
    StoredVolume volume =
        new StoredVolume(name, kind, bytes, 0, Instant.EPOCH, madeFor, content, List.of());
    stored.put(name, volume);
    return volume;
  }

  @Override
  public void remove(String name) {
    stored.remove(name);
  }

  @Override
  public List<Problem> check(String task, List<VolumeConfig> volumes) {
    return volumes.stream()
        .filter(volume -> volume.source() instanceof VolumeConfig.Source.Named)
        .filter(volume -> !stored.containsKey(volume.storedName(task).orElseThrow()))
        .map(volume -> Problem.user("VOLUME_NOT_FOUND", "there is no " + volume.source()))
        .toList();
  }

  @Override
  public SortedSet<View> views(VolumeConfig volume) {
    if (volume.source() instanceof VolumeConfig.Source.DiskFile disk) {
      return SortedCopies.setOf(List.of(disk.format().isDisk() ? View.BLOCK : View.FILE));
    }
    if (volume.source() instanceof VolumeConfig.Source.Fetched file) {
      return SortedCopies.setOf(List.of(file.format().isDisk() ? View.BLOCK : View.FILE));
    }
    if (volume.source() instanceof VolumeConfig.Source.Named named
        && find(named.volume()).filter(found -> found.kind().equals("disk")).isPresent()) {
      return SortedCopies.setOf(List.of(View.FILESYSTEM, View.BLOCK));
    }
    return SortedCopies.setOf(
        List.of(
            volume.source() instanceof VolumeConfig.Source.CloudInit
                ? View.ISO9660
                : View.FILESYSTEM));
  }

  @Override
  public String userData(String task, VolumeConfig volume, String path) {
    return Optional.ofNullable(userData.get(path))
        .orElseThrow(
            () -> TaskException.notFound(Problem.user("SOURCE_NOT_FOUND", path + " is not there")));
  }

  @Override
  public Path path(String task, String volume) {
    return Path.of("/run/volumes", task, volume);
  }

  @Override
  public void prepare(String task, VolumeConfig volume, View view) {
    if (volume.source() instanceof VolumeConfig.Source.Blank blank) {
      put(volume.storedName(task).orElseThrow(), blank.bytes(), Optional.of(task));
    }
    if (volume.source() instanceof VolumeConfig.Source.CloudInit data) {
      guestData.put(task, data);
    }
    if (volume.source() instanceof VolumeConfig.Source.Fetched file) {
      roots.put(task, file.digest() + (volume.readOnly() ? " ro" : ""));
    }
    if (volume.source() instanceof VolumeConfig.Source.Named named && volume.name().equals(ROOT)) {
      roots.put(task, named.volume() + " as " + view + (volume.readOnly() ? " ro" : ""));
    }
    ready.add(task + "/" + volume.name());
  }

  @Override
  public void prepareRoot(String task, String chainId, boolean readOnly, boolean limited) {
    roots.put(task, chainId + (readOnly ? " ro" : "") + (limited ? " limited" : ""));
    ready.add(task + "/" + ROOT);
  }

  @Override
  public void prepareTools(String task, String chainId) {
    tools.put(task, chainId);
    ready.add(task + "/" + TOOLS);
  }

  @Override
  public long diskBytes(String task, VolumeConfig volume) {
    if (volume.source() instanceof VolumeConfig.Source.DiskFile disk
        && disk.path().contains("hostile")) {
      throw TaskException.failed(
          Problem.user("BACKING_FILE_REFUSED", volume.name() + " builds on another file"));
    }
    return 1 << 30;
  }

  @Override
  public Fact jar(String task, VolumeConfig volume, FactQuery.JarFile query) {
    if (volume.source() instanceof VolumeConfig.Source.DiskFile jar
        && jar.path().contains("hostile")) {
      throw TaskException.failed(Problem.user("NOT_A_JAR", volume.name() + " is no JAR"));
    }
    return query.path().isPresent()
        ? Fact.absent(query)
        : Fact.present(query, Map.of("mainClass", "org.example.Main"));
  }

  @Override
  public Path writable(String task) {
    return Path.of("/run/writable", task);
  }

  @Override
  public Path prepareWritable(String task, long bytes) {
    ready.add(task + "/");
    return writable(task);
  }

  @Override
  public Optional<StorageUse> writableUse(String task) {
    return Optional.empty();
  }

  @Override
  public Path state(String task, String name) {
    return Path.of("/run/states", task, name);
  }

  @Override
  public void prepareState(String task, String name, long bytes, User owner) {
    states.add(task + "/" + name);
  }

  @Override
  public void removeStates(String task) {
    states.removeIf(name -> name.startsWith(task + "/"));
  }

  @Override
  public Path runtimeDirectory(String task) {
    return Path.of("/run/runs", task);
  }

  @Override
  public void prepareRuntimeDirectory(String task, long bytes, User owner, boolean anew) {
    if (anew) {
      runtimeFiles.keySet().removeIf(file -> file.startsWith(task + "/"));
    }
    ready.add(task + "/.run");
  }

  @Override
  public Optional<byte[]> runtimeFile(String task, String name, int maxBytes) {
    return Optional.ofNullable(runtimeFiles.get(task + "/" + name))
        .map(text -> text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void release(String task) {
    ready.removeIf(name -> name.startsWith(task + "/"));
    runtimeFiles.keySet().removeIf(file -> file.startsWith(task + "/"));
  }

  @Override
  public void purge(String task) {
    stored.values().removeIf(volume -> volume.madeFor().equals(Optional.of(task)));
  }

  @Override
  public List<String> tasks() {
    return Stream.concat(ready.stream(), states.stream())
        .map(name -> name.substring(0, name.indexOf('/')))
        .distinct()
        .toList();
  }
}
