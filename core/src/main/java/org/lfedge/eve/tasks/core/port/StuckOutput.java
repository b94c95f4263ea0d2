package org.lfedge.eve.tasks.core.port;

import java.time.Instant;

/**
 * A stream that nobody copies any more: what the task writes waits in its pipe, and once that is
 * full, so does the task. Only a new start of the task helps.
 *
 * @param task whose stream it is
 * @param stream which one
 * @param since when it was first seen waiting
 */
public record StuckOutput(String task, StandardStream stream, Instant since) {}
