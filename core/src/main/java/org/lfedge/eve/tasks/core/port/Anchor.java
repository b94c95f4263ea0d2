package org.lfedge.eve.tasks.core.port;

/**
 * The identity of an anchor. A PID alone may come to name another process.
 *
 * @param pid in the node's PID namespace
 * @param startTime in clock ticks since boot, field 22 of {@code /proc/PID/stat}
 * @param bootId of the boot that it lives in, {@code /proc/sys/kernel/random/boot_id}
 */
public record Anchor(int pid, long startTime, String bootId) {}
