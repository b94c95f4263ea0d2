package org.lfedge.eve.tasks.core.seedprotocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.Volume;

/**
 * Compares inputs of executors by all that their interfaces tell, whoever implements them; so what
 * the SPI adds later and the codecs forget is found.
 */
final class SameParts {

  private static final List<Class<?>> INPUTS =
      List.of(
          SeedRequest.class,
          TaskConfig.class,
          ResolvedImage.class,
          HostFacts.class,
          Resources.class,
          Volume.class,
          NetworkInterface.class);

  private final List<Option> declared;

  SameParts(List<Option> declared) {
    this.declared = declared;
  }

  void check(Object expected, Object actual) {
    check(expected, actual, "");
  }

  private void check(Object expected, Object actual, String path) {
    if (expected instanceof Optional<?> one && actual instanceof Optional<?> other) {
      assertEquals(one.isPresent(), other.isPresent(), path);
      one.ifPresent(value -> check(value, other.get(), path));
    } else if (expected instanceof List<?> one && actual instanceof List<?> other) {
      assertEquals(one.size(), other.size(), path);
      for (int i = 0; i < one.size(); i++) {
        check(one.get(i), other.get(i), path + "[" + i + "]");
      }
    } else if (expected instanceof Options one && actual instanceof Options other) {
      declared.forEach(option -> checkOption(option, one, other));
    } else {
      List<Class<?>> inputs = INPUTS.stream().filter(type -> type.isInstance(expected)).toList();
      inputs.forEach(type -> checkParts(type, expected, actual, path));
      if (inputs.isEmpty()) {
        assertEquals(expected, actual, path);
      }
    }
  }

  private void checkParts(Class<?> type, Object expected, Object actual, String path) {
    for (Method part : type.getDeclaredMethods()) {
      if (part.getParameterCount() == 0 && !Modifier.isStatic(part.getModifiers())) {
        try {
          check(part.invoke(expected), part.invoke(actual), path + "." + part.getName());
        } catch (ReflectiveOperationException e) {
          throw new AssertionError(path + "." + part.getName(), e);
        }
      }
    }
  }

  private static void checkOption(Option option, Options one, Options other) {
    String name = option.name();
    switch (option.type()) {
      case STRING, PLATFORM -> assertEquals(one.string(name), other.string(name), name);
      case INTEGER, SIZE -> assertEquals(one.integer(name), other.integer(name), name);
      case BOOLEAN -> assertEquals(one.bool(name), other.bool(name), name);
      case DURATION -> assertEquals(one.duration(name), other.duration(name), name);
      case STRING_LIST -> assertEquals(one.strings(name), other.strings(name), name);
    }
  }
}
