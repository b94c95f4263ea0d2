/**
 * The executor for programs that run on the node's own kernel: the root is an image, a directory,
 * an OCI bundle or the node itself, and the anchor is the program.
 */
@NullMarked
package org.lfedge.eve.tasks.executor.nativecontainer;

import org.jspecify.annotations.NullMarked;
