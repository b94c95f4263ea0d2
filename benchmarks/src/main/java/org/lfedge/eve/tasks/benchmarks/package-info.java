/** What {@code ./bench} measures: spec generation, start of tasks and of the daemon, its memory. */
@NullMarked
package org.lfedge.eve.tasks.benchmarks;

import org.jspecify.annotations.NullMarked;
