/** What an executor is given: the task's config, its image and the host, as read-only views. */
@NullMarked
package org.lfedge.eve.tasks.spi.task;

import org.jspecify.annotations.NullMarked;
