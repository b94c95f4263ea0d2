/**
 * What a guest with a kernel of its own gets of its task, whatever hypervisor runs it: disks,
 * shared directories, a kernel, and the program of an image. For executors of virtual machines.
 */
@NullMarked
package org.lfedge.eve.tasks.spi.guest;

import org.jspecify.annotations.NullMarked;
