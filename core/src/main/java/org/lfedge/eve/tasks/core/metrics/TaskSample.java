package org.lfedge.eve.tasks.core.metrics;

import java.util.Optional;
import java.util.OptionalLong;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/**
 * What is known of a task at a scrape.
 *
 * @param usage empty if it has no anchor, or if that could not be read
 * @param tax the most that its anchor was seen to take
 */
record TaskSample(TaskView view, Optional<TaskUsage> usage, OptionalLong tax) {}
