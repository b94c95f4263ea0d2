/** Directories that are looked at again and again, and which of their files stand still. */
@NullMarked
package org.lfedge.eve.tasks.core.watch;

import org.jspecify.annotations.NullMarked;
