package org.lfedge.eve.tasks.core.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.port.BinaryFormats;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;

/** Tables of a kernel that are maps. */
final class MemoryBinaryFormats implements BinaryFormats {

  /** For whom formats hold. */
  volatile Scope scope = Scope.TASK;

  /** What is registered, by task. */
  final SortedMap<String, String> registered = Collections.synchronizedSortedMap(new TreeMap<>());

  @Override
  public Scope scope() {
    return scope;
  }

  @Override
  public void register(String task, int pid, List<BinaryFormat> formats, Path tools) {
    registered.put(task, formats.stream().map(BinaryFormat::name).toList() + " of " + tools);
  }

  @Override
  public void release(String task) {
    registered.remove(task);
  }

  @Override
  public List<String> tasks() {
    return new ArrayList<>(registered.keySet());
  }
}
