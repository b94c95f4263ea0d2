package org.lfedge.eve.tasks.core.policy;

/**
 * Something that a seed asked for and policy does not grant.
 *
 * @param what such as {@code capability CAP_SYS_ADMIN}
 * @param why which rule withholds it, and how an operator would change that
 */
public record Withheld(String what, String why) {}
