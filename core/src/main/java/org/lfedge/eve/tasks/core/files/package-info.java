/** Files that are there whole or not at all, whatever happens while they are written. */
@NullMarked
package org.lfedge.eve.tasks.core.files;

import org.jspecify.annotations.NullMarked;
