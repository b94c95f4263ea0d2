/** What {@code ./bench} measures: spec generation, start and end of tasks, a node with many. */
@NullMarked
package org.lfedge.eve.tasks.benchmarks;

import org.jspecify.annotations.NullMarked;
