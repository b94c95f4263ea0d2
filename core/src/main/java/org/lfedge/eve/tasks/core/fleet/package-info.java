/**
 * Brings the node to what a controller wants of it, and knows how far each app has come. It drives
 * the engine, as people do by commands.
 */
@NullMarked
package org.lfedge.eve.tasks.core.fleet;

import org.jspecify.annotations.NullMarked;
