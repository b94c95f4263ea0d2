package org.lfedge.eve.tasks.core.plugin;

import java.net.URLClassLoader;
import java.nio.file.Path;
import org.lfedge.eve.tasks.spi.Executor;
import org.pf4j.ClassLoadingStrategy;
import org.pf4j.JarPluginManager;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginLoader;
import org.pf4j.PluginState;
import org.pf4j.PluginStatusProvider;
import org.pf4j.PluginWrapper;
import org.pf4j.RuntimeMode;

/**
 * PF4J, set up for executors: files of the {@link JarCache} only, each loaded as {@code
 * <Plugin-Id>@<sha256>} so that two versions do not clash, with the host's classes first so that a
 * plugin that packs the SPI gets the host's all the same. No plugin is ever started in PF4J's
 * sense: an executor has nothing to start, and a {@code Plugin-Class} is not looked at. PF4J
 * forgets a plugin as soon as it has made its class loader; {@link Plugin} looks after that.
 */
final class PluginJars extends JarPluginManager {

  private final HostClasses hostClasses = new HostClasses();

  PluginJars(Path directory) {
    super(directory);
    setSystemVersion(Executor.SPI_VERSION);
  }

  /**
   * What was made of a file.
   *
   * @param loader to be closed by whoever has it
   * @param version of the plugin
   */
  record Loaded(URLClassLoader loader, String version) {}

  /**
   * Makes the class loader of a plugin, from which no class is loaded yet.
   *
   * @param copy in the cache: a JAR, or the directory that an archive was unpacked to
   * @throws PluginRejection if it cannot be used
   */
  synchronized Loaded load(Path copy) {
    String id;
    try {
      id = loadPlugin(copy);
    } catch (PluginRejection rejection) {
      throw rejection;
    } catch (RuntimeException e) {
      throw new PluginRejection("BAD_MANIFEST", "PF4J cannot load it: " + e.getMessage());
    }
    PluginWrapper plugin = getPlugin(id);
    if (plugin.getPluginState() == PluginState.DISABLED) {
      unloadPlugin(id);
      throw new PluginRejection(
          "WRONG_SPI_VERSION",
          "it requires version "
              + plugin.getDescriptor().getRequires()
              + " of the SPI and the daemon has "
              + Executor.SPI_VERSION
              + "; use a version of the plugin that was built for it");
    }
    // Else it would be closed when PF4J forgets the plugin.
    getPluginClassLoaders().remove(id);
    unloadPlugin(id);
    return new Loaded(
        (URLClassLoader) plugin.getPluginClassLoader(), plugin.getDescriptor().getVersion());
  }

  @Override
  public RuntimeMode getRuntimeMode() {
    return RuntimeMode.DEPLOYMENT; // whatever the system property says
  }

  @Override
  protected PluginDescriptorFinder createPluginDescriptorFinder() {
    return new CheckedDescriptors(this::getVersionManager);
  }

  @Override
  protected PluginLoader createPluginLoader() {
    return new PluginLoader() {
      @Override
      public boolean isApplicable(Path copy) {
        return true;
      }

      @Override
      public ClassLoader loadPlugin(Path copy, PluginDescriptor descriptor) {
        PluginClassLoader loader =
            new PluginClassLoader(
                PluginJars.this, descriptor, hostClasses, ClassLoadingStrategy.APD);
        PluginZip.classPath(copy).forEach(entry -> loader.addFile(entry.toFile()));
        return loader;
      }
    };
  }

  /** Nothing is disabled by hand, so no file remembers it. */
  @Override
  protected PluginStatusProvider createPluginStatusProvider() {
    return new PluginStatusProvider() {
      @Override
      public boolean isPluginDisabled(String id) {
        return false;
      }

      @Override
      public void disablePlugin(String id) {
        throw new UnsupportedOperationException("plugins are not disabled by hand");
      }

      @Override
      public void enablePlugin(String id) {
        throw new UnsupportedOperationException("plugins are not disabled by hand");
      }
    };
  }
}
