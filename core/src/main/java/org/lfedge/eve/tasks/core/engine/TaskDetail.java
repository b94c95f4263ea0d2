package org.lfedge.eve.tasks.core.engine;

import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.TaskRecord;

/**
 * Everything that is known of a task.
 *
 * @param view what listings show
 * @param record what is kept on disk
 * @param cgroup its path, while there is an anchor
 * @param limits of the cgroup as read back from the kernel, by the names of its files
 */
public record TaskDetail(
    TaskView view,
    TaskRecord record,
    Optional<String> cgroup,
    SortedMap<String, String> limits,
    OutputFiles logs) {}
