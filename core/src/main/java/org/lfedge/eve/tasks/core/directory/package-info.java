/** A directory of task documents that declares tasks for as long as the daemon runs. */
@NullMarked
package org.lfedge.eve.tasks.core.directory;

import org.jspecify.annotations.NullMarked;
