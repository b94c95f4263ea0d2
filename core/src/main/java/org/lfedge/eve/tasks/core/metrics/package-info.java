/**
 * What is measured and told about tasks: how much of the anchor tax anchors really take, and
 * metrics for Prometheus. Nothing outside this package sees Prometheus's library.
 */
@NullMarked
package org.lfedge.eve.tasks.core.metrics;

import org.jspecify.annotations.NullMarked;
