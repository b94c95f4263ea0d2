/**
 * The interfaces that the engine needs of the world, and the values that cross them. Adapters
 * implement them; only {@code .dist} constructs adapters.
 *
 * <p>Methods throw {@link org.lfedge.eve.tasks.core.error.TaskException} with a problem that says
 * what failed and on which task. Whatever removes something succeeds if it is not there.
 */
@NullMarked
package org.lfedge.eve.tasks.core.port;

import org.jspecify.annotations.NullMarked;
