/**
 * The executors of this node: found in JARs, checked by digest, loaded apart from the daemon's own
 * classes. The only package that sees {@code org.pf4j}.
 */
@NullMarked
package org.lfedge.eve.tasks.core.plugin;

import org.jspecify.annotations.NullMarked;
