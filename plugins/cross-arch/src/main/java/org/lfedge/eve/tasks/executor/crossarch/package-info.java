/**
 * The executor for programs of other architectures: as in a container, and each of their processes
 * by an emulator out of the tools.
 */
@NullMarked
package org.lfedge.eve.tasks.executor.crossarch;

import org.jspecify.annotations.NullMarked;
