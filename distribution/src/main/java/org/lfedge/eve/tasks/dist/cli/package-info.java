/** The commands of {@code taskctl}: a thin client of the daemon's API, its tables and its JSON. */
@NullMarked
package org.lfedge.eve.tasks.dist.cli;

import org.jspecify.annotations.NullMarked;
