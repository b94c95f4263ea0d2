/** The network of tasks: namespaces that outlive stop and start. */
@NullMarked
package org.lfedge.eve.tasks.core.network;

import org.jspecify.annotations.NullMarked;
