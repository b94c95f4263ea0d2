/**
 * EVE's formats: what its controllers want of a node, as task documents, networks and volumes, and
 * what became of it, as EVE's states and messages. Pure; the messages themselves are in {@code
 * api}.
 */
@NullMarked
package org.lfedge.eve.tasks.core.eve;

import org.jspecify.annotations.NullMarked;
