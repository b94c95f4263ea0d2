/** What people do inside of tasks: programs run for them, and terminals they look at. */
@NullMarked
package org.lfedge.eve.tasks.core.session;

import org.jspecify.annotations.NullMarked;
