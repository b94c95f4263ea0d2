/**
 * Checks that an executor keeps its contract, for tests and for {@code taskctl executors verify}.
 */
@NullMarked
package org.lfedge.eve.tasks.spi.contract;

import org.jspecify.annotations.NullMarked;
