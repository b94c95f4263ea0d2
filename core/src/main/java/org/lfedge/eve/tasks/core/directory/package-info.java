/**
 * Directories that declare tasks for as long as the daemon runs: of task documents, and of configs
 * as EVE's controllers write them.
 */
@NullMarked
package org.lfedge.eve.tasks.core.directory;

import org.jspecify.annotations.NullMarked;
