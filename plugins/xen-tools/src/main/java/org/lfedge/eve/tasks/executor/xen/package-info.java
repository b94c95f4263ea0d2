/**
 * Domains of the Xen hypervisor: from request to the seed of a task whose anchor is {@code xl}. All
 * of it is pure; what xl is started by, and what clears up after it, are programs of the tools.
 */
@NullMarked
package org.lfedge.eve.tasks.executor.xen;

import org.jspecify.annotations.NullMarked;
