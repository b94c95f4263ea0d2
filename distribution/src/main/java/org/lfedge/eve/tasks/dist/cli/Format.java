package org.lfedge.eve.tasks.dist.cli;

/** How results are written. */
enum Format {
  table,
  json
}
