/**
 * What a vendor implements: {@link org.lfedge.eve.tasks.spi.Executor}, a pure function from a
 * {@link org.lfedge.eve.tasks.spi.SeedRequest} to a {@link org.lfedge.eve.tasks.spi.seed.Seed}.
 *
 * <p>How the contract grows: input types are interfaces, so that methods may be added; output types
 * are final classes with builders; sealed types may gain variants, so a switch over one ends with a
 * default that throws {@link org.lfedge.eve.tasks.spi.SeedException#unsupported}. Collections are
 * lists, sorted maps and sorted sets only, so that equal input gives equal bytes in every JVM.
 * Units are bytes, thousandths of a CPU, and {@link java.time.Duration}.
 */
@NullMarked
package org.lfedge.eve.tasks.spi;

import org.jspecify.annotations.NullMarked;
