/**
 * From a seed to the OCI runtime spec: the model of the spec, the core's secure defaults, the
 * seed's fields and its merge patch, resources, and what policy leaves of all that; pure.
 */
@NullMarked
package org.lfedge.eve.tasks.core.spec;

import org.jspecify.annotations.NullMarked;
