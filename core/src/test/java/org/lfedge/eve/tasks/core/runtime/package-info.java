/** What every container runtime must do, as a contract test, and a runtime in memory for tests. */
@NullMarked
package org.lfedge.eve.tasks.core.runtime;

import org.jspecify.annotations.NullMarked;
