/** Tests of the containerd adapter, most of them against a private containerd of their own. */
@NullMarked
package org.lfedge.eve.tasks.core.containerd;

import org.jspecify.annotations.NullMarked;
