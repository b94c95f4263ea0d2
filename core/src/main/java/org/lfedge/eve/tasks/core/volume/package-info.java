/** Adapter to the node's storage: volumes that are kept, and volumes made ready for tasks. */
@NullMarked
package org.lfedge.eve.tasks.core.volume;

import org.jspecify.annotations.NullMarked;
