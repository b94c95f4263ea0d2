package org.lfedge.eve.tasks.core.declarative;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.SortedMap;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/**
 * A seed.json that was read and in which nothing was found that can never be.
 *
 * @param info what the executor says of itself
 * @param defaults of options that may be left out, by name
 * @param questions each gives a query
 * @param seed gives a seed
 */
record Declaration(
    ExecutorInfo info,
    SortedMap<String, JsonNode> defaults,
    List<Expression> questions,
    Expression seed) {

  Declaration {
    defaults = SortedCopies.mapOf(defaults);
    questions = List.copyOf(questions);
  }
}
