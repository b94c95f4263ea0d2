/** The node: what it can do, its processes and cgroups, and the files that lie on it. */
@NullMarked
package org.lfedge.eve.tasks.core.host;

import org.jspecify.annotations.NullMarked;
