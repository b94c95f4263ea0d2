/**
 * The JSON form of SPI values: unions are objects with one key for each variant, durations are
 * {@code ...Millis}, binary content is base64. Nothing else sees SPI values as JSON.
 */
@NullMarked
package org.lfedge.eve.tasks.core.seedprotocol;

import org.jspecify.annotations.NullMarked;
