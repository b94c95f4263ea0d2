/**
 * What a program gets that runs as in a container, by the rules that image configs and task
 * documents agree on: for executors that run one, wherever that is.
 */
@NullMarked
package org.lfedge.eve.tasks.spi.container;

import org.jspecify.annotations.NullMarked;
