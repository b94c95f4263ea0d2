package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.Executor;
import org.pf4j.ClassLoadingStrategy;
import org.pf4j.DefaultPluginDescriptor;
import org.pf4j.JarPluginLoader;
import org.pf4j.JarPluginManager;
import org.pf4j.ManifestPluginDescriptorFinder;
import org.pf4j.PluginClassLoader;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PluginLoader;
import org.pf4j.PluginState;
import org.pf4j.PluginStatusProvider;
import org.pf4j.PluginWrapper;
import org.pf4j.RuntimeMode;

/**
 * PF4J, set up for executors: JARs of the {@link JarCache} only, each loaded as {@code
 * <Plugin-Id>@<sha256>} so that two versions do not clash, with the host's classes first so that a
 * plugin that packs the SPI gets the host's all the same. No plugin is ever started in PF4J's
 * sense: an executor has nothing to start, and a {@code Plugin-Class} is not looked at.
 */
final class PluginJars extends JarPluginManager {

  private static final Pattern VALID_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private final HostClasses hostClasses = new HostClasses();

  PluginJars(Path directory) {
    super(directory);
    setSystemVersion(Executor.SPI_VERSION);
  }

  /**
   * Loads one JAR.
   *
   * @param copy in the cache, named by its digest
   * @throws PluginRejection if it cannot be used
   */
  PluginWrapper load(Path copy) {
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
    return plugin;
  }

  /** Unloads the JARs with other digests. */
  void retain(SortedSet<String> digests) {
    for (PluginWrapper plugin : getPlugins()) {
      if (!digests.contains(JarCache.digestOf(plugin.getPluginPath()))) {
        unloadPlugin(plugin.getPluginId());
      }
    }
  }

  /** Unloads everything and closes the files. */
  void close() {
    unloadPlugins();
  }

  @Override
  public RuntimeMode getRuntimeMode() {
    return RuntimeMode.DEPLOYMENT; // whatever the system property says
  }

  @Override
  protected PluginDescriptorFinder createPluginDescriptorFinder() {
    return new CheckedManifest();
  }

  @Override
  protected PluginLoader createPluginLoader() {
    return new JarPluginLoader(this) {
      @Override
      public ClassLoader loadPlugin(Path jar, PluginDescriptor descriptor) {
        PluginClassLoader loader =
            new PluginClassLoader(
                PluginJars.this, descriptor, hostClasses, ClassLoadingStrategy.APD);
        loader.addFile(jar.toFile());
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

  /** Reads the manifest and refuses what PF4J would accept and trip over later. */
  private final class CheckedManifest extends ManifestPluginDescriptorFinder {

    @Override
    public PluginDescriptor find(Path jar) {
      Manifest manifest = read(jar);
      PluginDescriptor descriptor = createPluginDescriptor(manifest);
      String id = descriptor.getPluginId();
      if (id == null || !VALID_ID.matcher(id).matches()) {
        throw malformed("Plugin-Id", id);
      }
      requireParses("Plugin-Version", descriptor.getVersion(), ">=0.0.0");
      requireParses("Plugin-Requires", "1.0.0", descriptor.getRequires());
      if (!descriptor.getDependencies().isEmpty()) {
        throw new PluginRejection(
            "HAS_DEPENDENCIES",
            "Plugin-Dependencies names other plugins; pack what the executor needs into its JAR");
      }
      if (manifest.getMainAttributes().containsKey(Attributes.Name.CLASS_PATH)) {
        throw new PluginRejection(
            "HAS_CLASS_PATH",
            "Class-Path in its manifest names files that no digest covers; pack them into the JAR");
      }
      return new Descriptor(descriptor, id + "@" + JarCache.digestOf(jar));
    }

    private Manifest read(Path jar) {
      try (JarFile file = new JarFile(jar.toFile())) {
        Manifest manifest = file.getManifest();
        if (manifest == null) {
          throw malformed("META-INF/MANIFEST.MF", null);
        }
        return manifest;
      } catch (IOException | IllegalArgumentException e) {
        throw new PluginRejection("NOT_A_JAR", "it cannot be read as a JAR: " + e.getMessage());
      }
    }

    private void requireParses(String attribute, String version, String range) {
      String value = attribute.equals("Plugin-Version") ? version : range;
      try {
        getVersionManager().checkVersionConstraint(version, range.trim());
      } catch (RuntimeException e) {
        throw malformed(attribute, value);
      }
    }

    private PluginRejection malformed(String attribute, @Nullable String value) {
      return new PluginRejection(
          "BAD_MANIFEST",
          value == null
              ? "its manifest has no " + attribute
              : attribute + " in its manifest is malformed: " + value);
    }
  }

  /** The descriptor of a JAR under the id that sets it apart from other versions. */
  private static final class Descriptor extends DefaultPluginDescriptor {

    Descriptor(PluginDescriptor from, String id) {
      super(
          id,
          from.getPluginDescription(),
          from.getPluginClass(),
          from.getVersion(),
          from.getRequires(),
          from.getProvider(),
          from.getLicense());
    }
  }
}
