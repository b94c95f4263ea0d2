/** Whether the node has room for one more task: limits, pools and the anchor tax; pure. */
@NullMarked
package org.lfedge.eve.tasks.core.admission;

import org.jspecify.annotations.NullMarked;
