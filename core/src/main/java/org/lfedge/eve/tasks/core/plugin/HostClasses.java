package org.lfedge.eve.tasks.core.plugin;

import java.util.List;
import org.lfedge.eve.tasks.spi.Executor;

/**
 * What plugins see of the daemon: the JDK, the SPI and SLF4J. Everything else, such as the daemon's
 * own Jackson, does not exist for them, so they may bring another version of it.
 */
final class HostClasses extends ClassLoader {

  private static final List<String> SHARED = List.of("org.lfedge.eve.tasks.spi.", "org.slf4j.");

  private final ClassLoader host = Executor.class.getClassLoader();

  HostClasses() {
    super("plugin-host", ClassLoader.getPlatformClassLoader());
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    return SHARED.stream().anyMatch(name::startsWith)
        ? host.loadClass(name)
        : super.loadClass(name, resolve);
  }
}
