/**
 * Adapter to a controller of EVE, by version 2 of the API between devices and controllers: who this
 * node is, envelopes and whom they are trusted from, configs in, and messages out.
 */
@NullMarked
package org.lfedge.eve.tasks.core.controller;

import org.jspecify.annotations.NullMarked;
