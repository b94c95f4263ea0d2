/**
 * Checks that an executor keeps its contract, for tests and for {@code taskctl executors verify}:
 * {@link org.lfedge.eve.tasks.spi.contract.Contract} holds the rules, {@link
 * org.lfedge.eve.tasks.spi.contract.SampleRequests} makes requests to hold them against. Needs the
 * JDK alone, so that it runs wherever an executor runs.
 */
@NullMarked
package org.lfedge.eve.tasks.spi.contract;

import org.jspecify.annotations.NullMarked;
