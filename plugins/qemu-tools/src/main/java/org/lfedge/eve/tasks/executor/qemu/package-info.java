/**
 * The executor for virtual machines: the root is a disk, nothing but a kernel, or an image whose
 * program runs under a kernel of its own, and the anchor is QEMU out of the tools.
 */
@NullMarked
package org.lfedge.eve.tasks.executor.qemu;

import org.jspecify.annotations.NullMarked;
