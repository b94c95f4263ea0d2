/** The states of a task and the one table of transitions between them; no I/O and no clock. */
@NullMarked
package org.lfedge.eve.tasks.core.lifecycle;

import org.jspecify.annotations.NullMarked;
