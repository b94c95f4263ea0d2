package org.lfedge.eve.tasks.core.port;

import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * A piece of what a task wrote.
 *
 * @param stream to which of its streams
 * @param time when the last byte of it was written, at the latest; exact to about 0.1 s
 * @param data the bytes themselves, with no regard to lines or characters; backed by an array
 * @param dropped how many bytes of this stream before {@code data} are missing, because the task
 *     wrote faster than they could be kept or the reader was slower than they were dropped
 */
public record OutputPiece(StandardStream stream, Instant time, ByteBuffer data, long dropped) {}
