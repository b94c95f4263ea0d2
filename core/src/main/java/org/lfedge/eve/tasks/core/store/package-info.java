/** The durable records of tasks, one file each. */
@NullMarked
package org.lfedge.eve.tasks.core.store;

import org.jspecify.annotations.NullMarked;
