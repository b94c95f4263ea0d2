package org.lfedge.eve.tasks.core.port;

/**
 * A network whose names and addresses are served by a task on it.
 *
 * @param network its name
 * @param task the name of the task that serves them; unique on the node
 */
public record NameService(String network, String task) {}
