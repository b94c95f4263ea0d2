/**
 * HTTP as the adapters that speak it need it: one request and its answer, by TLS with private CAs,
 * through proxies, in bounds of time and size.
 */
@NullMarked
package org.lfedge.eve.tasks.core.http;

import org.jspecify.annotations.NullMarked;
