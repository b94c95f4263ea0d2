/** Who may have what: grants by the origin of an executor, and by the node's config; pure. */
@NullMarked
package org.lfedge.eve.tasks.core.policy;

import org.jspecify.annotations.NullMarked;
