package org.lfedge.eve.tasks.core.port;

/**
 * What the node did for an app of a controller.
 *
 * @param id of the app
 * @param task that runs it
 * @param restarts the count of restarts that was seen to last
 * @param purges the count of purges that was seen to last
 */
public record AppRecord(String id, String task, long restarts, long purges) {}
