/**
 * Adapter to the devices of the node: what there is, what CDI says of it, and what can be moved.
 */
@NullMarked
package org.lfedge.eve.tasks.core.device;

import org.jspecify.annotations.NullMarked;
