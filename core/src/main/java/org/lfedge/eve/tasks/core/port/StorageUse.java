package org.lfedge.eve.tasks.core.port;

/**
 * How full a limited storage is.
 *
 * @param usedBytes taken, by the file system's own structures too: it is full when this is the
 *     limit
 * @param limitBytes its size
 */
public record StorageUse(long usedBytes, long limitBytes) {}
