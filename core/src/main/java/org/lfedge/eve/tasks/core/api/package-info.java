/** The API of the daemon: gRPC on a unix domain socket, for whoever may open it. */
@NullMarked
package org.lfedge.eve.tasks.core.api;

import org.jspecify.annotations.NullMarked;
