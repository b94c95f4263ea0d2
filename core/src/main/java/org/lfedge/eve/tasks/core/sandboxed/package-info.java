/**
 * Adapter to executors that are not in the daemon's JVM: programs in images of tools, and JARs that
 * nobody vouches for. Each call of one is a short task without network and without privileges, see
 * {@code docs/seed-protocol.md}.
 */
@NullMarked
package org.lfedge.eve.tasks.core.sandboxed;

import org.jspecify.annotations.NullMarked;
