/**
 * The executor for JARs: the anchor is a JVM out of the tools, told how much of the task's memory
 * is for heap, metaspace, buffers and threads.
 */
@NullMarked
package org.lfedge.eve.tasks.executor.jvm;

import org.jspecify.annotations.NullMarked;
