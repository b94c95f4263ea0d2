/**
 * Adapter to the directories by which programs of EVE tell one another what they want and what is:
 * one file in JSON for each thing, named by its key, in a directory for each topic.
 */
@NullMarked
package org.lfedge.eve.tasks.core.pubsub;

import org.jspecify.annotations.NullMarked;
