/**
 * containerd, reached through its own gRPC API over a unix socket: the runtime of tasks, the
 * content store of images, and a private containerd of our own. Nothing outside this package sees
 * gRPC's or protobuf's types of it.
 *
 * <p>It speaks the part of the API that containerd 1.6, 1.7 and 2.x have in common; the messages
 * stand in {@code src/main/proto/containerd}.
 */
@NullMarked
package org.lfedge.eve.tasks.core.containerd;

import org.jspecify.annotations.NullMarked;
