/**
 * Adapter to the kernel's tables of binary formats, {@code binfmt_misc}: interpreters for
 * executable files, of one task or of the node.
 */
@NullMarked
package org.lfedge.eve.tasks.core.binaryformat;

import org.jspecify.annotations.NullMarked;
