package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.core.containerd.api.tasks.MetricsRequest;
import org.lfedge.eve.tasks.core.containerd.api.tasks.TasksGrpc;
import org.lfedge.eve.tasks.core.containerd.api.types.Metric;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.TaskMetrics;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/** Asks containerd, which asks the shims, which read the counters of their cgroups. */
public final class ContainerdMetrics implements TaskMetrics {

  /** Above this, asking for all and leaving some out is cheaper than matching each with a list. */
  private static final int MOST_FILTERS = 50;

  private final ContainerdClient client;

  /** Tells of the tasks in the client's namespace. */
  public ContainerdMetrics(ContainerdClient client) {
    this.client = client;
  }

  @Override
  public SortedMap<String, TaskUsage> usage(SortedSet<String> ids) {
    SortedMap<String, TaskUsage> usages = new TreeMap<>();
    if (ids.isEmpty()) {
      return usages;
    }
    List<String> filters =
        ids.size() > MOST_FILTERS
            ? List.of()
            : ids.stream().map(id -> "id==\"" + id + "\"").toList();
    List<Metric> metrics =
        client
            .call(
                "read what tasks use",
                () ->
                    client
                        .quick(TasksGrpc::newBlockingStub)
                        .metrics(MetricsRequest.newBuilder().addAllFilters(filters).build()))
            .getMetricsList();
    for (Metric metric : metrics) {
      if (ids.contains(metric.getId())) {
        usage(metric).ifPresent(usage -> usages.put(metric.getId(), usage));
      }
    }
    return Collections.unmodifiableSortedMap(usages);
  }

  private static Optional<TaskUsage> usage(Metric metric) {
    Instant at =
        Instant.ofEpochSecond(metric.getTimestamp().getSeconds(), metric.getTimestamp().getNanos());
    try {
      return CgroupCounters.usage(at, metric.getData());
    } catch (InvalidProtocolBufferException e) {
      throw TaskException.failed(
          Problem.internal("BAD_METRICS", "containerd sent counters that cannot be read: " + e), e);
    }
  }
}
