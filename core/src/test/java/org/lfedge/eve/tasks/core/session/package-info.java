@NullMarked
package org.lfedge.eve.tasks.core.session;

import org.jspecify.annotations.NullMarked;
