/**
 * Adapter to the output of tasks. The shim appends each stream to a plain file; what is there is
 * copied to segments, which hold both streams with times and are dropped oldest first, and the
 * copied part of the plain files is freed by punching holes. How far a file is copied stands in the
 * segments and nowhere else.
 */
@NullMarked
package org.lfedge.eve.tasks.core.output;

import org.jspecify.annotations.NullMarked;
