package org.lfedge.eve.tasks.core.port;

/**
 * What passed an interface since it was made.
 *
 * @param receivedBytes and the others of the kind as seen from inside of the task
 */
public record InterfaceCounters(
    long receivedBytes,
    long receivedPackets,
    long receivedErrors,
    long receivedDropped,
    long sentBytes,
    long sentPackets,
    long sentErrors,
    long sentDropped) {}
