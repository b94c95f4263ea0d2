/**
 * The task engine: one serial worker per task turns commands and exits into effects and records. A
 * worker keeps a ledger, an anchor with its health, and what is being changed; {@code Recovery}
 * brings all of them up, {@code Planner} makes what they run.
 */
@NullMarked
package org.lfedge.eve.tasks.core.engine;

import org.jspecify.annotations.NullMarked;
