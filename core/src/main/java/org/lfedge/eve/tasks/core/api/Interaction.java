package org.lfedge.eve.tasks.core.api;

import org.lfedge.eve.tasks.core.port.FactSource;
import org.lfedge.eve.tasks.core.port.InsideProcesses;
import org.lfedge.eve.tasks.core.port.Sessions;
import org.lfedge.eve.tasks.core.port.Terminals;

/**
 * What people need who work inside of tasks.
 *
 * @param processes to change the size of terminals
 * @param facts to find out whom a user stands for
 */
public record Interaction(
    Sessions sessions, Terminals terminals, InsideProcesses processes, FactSource facts) {}
