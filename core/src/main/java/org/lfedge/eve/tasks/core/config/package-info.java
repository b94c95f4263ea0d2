/** Task documents: YAML or JSON in, checked values out, or every error with its path and value. */
@NullMarked
package org.lfedge.eve.tasks.core.config;

import org.jspecify.annotations.NullMarked;
