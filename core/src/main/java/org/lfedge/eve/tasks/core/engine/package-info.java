/**
 * The task engine: one serial worker per task turns commands and exits into effects and records.
 */
@NullMarked
package org.lfedge.eve.tasks.core.engine;

import org.jspecify.annotations.NullMarked;
