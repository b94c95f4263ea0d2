/** Registries that images are fetched from, by the OCI distribution specification over HTTP. */
@NullMarked
package org.lfedge.eve.tasks.core.registry;

import org.jspecify.annotations.NullMarked;
