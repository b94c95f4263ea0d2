/**
 * Executors without code: a {@code seed.json} of a tools artifact, which is a seed with whole-value
 * placeholders and five directives, read and checked once and then interpreted. Pure: bytes and
 * values in, values out.
 */
@NullMarked
package org.lfedge.eve.tasks.core.declarative;

import org.jspecify.annotations.NullMarked;
