/** What an executor answers: immutable values that check themselves when they are built. */
@NullMarked
package org.lfedge.eve.tasks.spi.seed;

import org.jspecify.annotations.NullMarked;
