package org.lfedge.eve.tasks.core.registry;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** Reads JSON that a registry sends. */
final class RegistryJson {

  /**
   * How many names, values and brackets there may be: an empty object takes three bytes of an
   * answer and thirty times as many of memory. A list of what refers to an image has some ten for
   * each item.
   */
  private static final int MAX_TOKENS = 30_000;

  static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxTokenCount(MAX_TOKENS).build())
                  .build())
          .build();

  private RegistryJson() {}
}
