/** Tests of the package as a user has it: taskd and taskctl as processes, over real containerd. */
@NullMarked
package org.lfedge.eve.tasks.dist.endtoend;

import org.jspecify.annotations.NullMarked;
