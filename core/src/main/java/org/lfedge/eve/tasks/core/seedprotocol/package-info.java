/**
 * The JSON form of SPI values and of the whole conversation with an executor that is not in the
 * daemon's JVM: the daemon's {@link org.lfedge.eve.tasks.core.seedprotocol.Call} and its {@link
 * org.lfedge.eve.tasks.core.seedprotocol.Answer}. Unions are objects with one key for each variant,
 * durations are {@code ...Millis}, binary content is base64. The schema is {@code
 * seed-protocol.schema.json} beside this. Nothing else sees SPI values as JSON.
 */
@NullMarked
package org.lfedge.eve.tasks.core.seedprotocol;

import org.jspecify.annotations.NullMarked;
