package org.lfedge.eve.tasks.core.port;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a method of a port that changes something in the world. The daemon may be killed before it,
 * while it works and after it, and the next daemon must mend what that leaves: tests kill one at
 * each of these methods. Methods without it only look things up.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Effect {}
