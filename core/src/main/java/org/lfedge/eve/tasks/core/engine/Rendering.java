package org.lfedge.eve.tasks.core.engine;

import java.util.List;
import org.lfedge.eve.tasks.core.policy.Withheld;

/**
 * What creating a task would give.
 *
 * @param executor its name
 * @param specJson the OCI runtime spec that {@code create} would use
 * @param withheld what the seed asked for and policy does not grant
 * @param atCreate JSON pointers into the spec of values that are known only at create
 */
public record Rendering(
    String executor, String specJson, List<Withheld> withheld, List<String> atCreate) {}
