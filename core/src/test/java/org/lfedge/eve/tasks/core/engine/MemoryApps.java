package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.lfedge.eve.tasks.core.port.AppRecord;
import org.lfedge.eve.tasks.core.port.AppRecords;

/** Records of apps in memory. */
final class MemoryApps implements AppRecords {

  private final SortedMap<String, AppRecord> all = new ConcurrentSkipListMap<>();

  @Override
  public List<AppRecord> all() {
    return List.copyOf(all.values());
  }

  @Override
  public Optional<AppRecord> find(String id) {
    return Optional.ofNullable(all.get(id));
  }

  @Override
  public void save(AppRecord record) {
    all.put(record.id(), record);
  }

  @Override
  public void delete(String id) {
    all.remove(id);
  }
}
