package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.port.Effect;

/**
 * Stops the daemon at a chosen effect, for tests that kill it there. The points are not listed
 * anywhere: there is one before and one after every {@link Effect} of a port, {@code
 * TaskStore.save:before}, and {@code HelperCommand.run:during} while a helper runs.
 *
 * <p>{@link #VARIABLE} names a file; without it, ports are used as they are. While that file is not
 * there, nothing happens. While it is, every point that is passed is added, a line each, to the
 * file beside it that ends in {@code .hits}; and if it says {@code POINT NUMBER}, the thread that
 * passes the point for that many times since then goes no further, and {@code stopped} is added.
 */
final class Failpoints {

  /** The variable of the environment that names the file. */
  static final String VARIABLE = "TASKMANAGER_FAILPOINTS";

  private final @Nullable Path control;
  private final Map<String, Integer> counts = new HashMap<>();
  private String armed = "";

  private Failpoints(@Nullable Path control) {
    this.control = control;
  }

  /** Off, as on every node, unless the environment says otherwise. */
  static Failpoints ofEnvironment() {
    String file = System.getenv(VARIABLE);
    return new Failpoints(file == null || file.isEmpty() ? null : Path.of(file));
  }

  /** An adapter with a point before and after each effect; the adapter itself if this is off. */
  <T> T around(Class<T> port, T adapter) {
    if (control == null) {
      return adapter;
    }
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (proxy, method, arguments) -> call(port, adapter, method, arguments)));
  }

  /** To be run while a helper program runs. */
  void duringHelper() {
    pass("HelperCommand.run:during");
  }

  private @Nullable Object call(
      Class<?> port, Object adapter, Method method, Object @Nullable [] arguments)
      throws Throwable {
    boolean effect = method.isAnnotationPresent(Effect.class);
    String name = port.getSimpleName() + "." + method.getName();
    if (effect) {
      pass(name + ":before");
    }
    Object result;
    try {
      result = method.invoke(adapter, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
    if (effect) {
      pass(name + ":after");
    }
    return result == null ? null : withPoints(method.getReturnType(), result);
  }

  /** What a port gives may be a port too, such as a lease. */
  private <T> Object withPoints(Class<T> type, Object result) {
    boolean port =
        type.isInterface()
            && Arrays.stream(type.getMethods())
                .anyMatch(method -> method.isAnnotationPresent(Effect.class));
    return port ? around(type, type.cast(result)) : result;
  }

  private void pass(String point) {
    if (isEnd(point)) {
      while (true) {
        LockSupport.park(this);
        // Whoever interrupts it wants it to go on, and it must not.
        boolean unused = Thread.interrupted();
      }
    }
  }

  private synchronized boolean isEnd(String point) {
    if (control == null) {
      return false;
    }
    try {
      Optional<String> order = read(control);
      if (order.isEmpty()) {
        return false;
      }
      if (!order.get().equals(armed)) {
        armed = order.get();
        counts.clear();
      }
      boolean end = armed.equals(point + " " + counts.merge(point, 1, Integer::sum));
      Files.writeString(
          control.resolveSibling(control.getFileName() + ".hits"),
          point + "\n" + (end ? "stopped\n" : ""),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return end;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
