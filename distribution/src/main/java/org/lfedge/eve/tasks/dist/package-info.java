/**
 * The programs: {@code taskd}, which wires the adapters to the engine and serves the API, and
 * {@code taskctl}. Only here are adapters constructed, standard streams used and the JVM ended.
 */
@NullMarked
package org.lfedge.eve.tasks.dist;

import org.jspecify.annotations.NullMarked;
