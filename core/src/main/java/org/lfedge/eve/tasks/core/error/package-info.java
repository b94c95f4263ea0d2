/** How anything that goes wrong is said: a stable code, a kind, a place and what to do next. */
@NullMarked
package org.lfedge.eve.tasks.core.error;

import org.jspecify.annotations.NullMarked;
