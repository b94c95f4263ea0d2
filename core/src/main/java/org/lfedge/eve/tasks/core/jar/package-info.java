/**
 * What JARs say of themselves. They may be hostile: little of them is read, and nothing believed.
 */
@NullMarked
package org.lfedge.eve.tasks.core.jar;

import org.jspecify.annotations.NullMarked;
