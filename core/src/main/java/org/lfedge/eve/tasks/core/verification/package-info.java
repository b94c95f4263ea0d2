/**
 * Whether an executor may be given to nodes: the rules that it is held against before a node sees
 * it, and what came of each. Pure; who loads the executor, and where it runs, is a matter of
 * others.
 */
@NullMarked
package org.lfedge.eve.tasks.core.verification;

import org.jspecify.annotations.NullMarked;
