package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pf4j.DefaultPluginDescriptor;
import org.pf4j.ManifestPluginDescriptorFinder;
import org.pf4j.PluginDescriptor;
import org.pf4j.PluginDescriptorFinder;
import org.pf4j.PropertiesPluginDescriptorFinder;
import org.pf4j.VersionManager;

/**
 * Reads what a plugin says of itself, in the manifest of its JAR or the {@code plugin.properties}
 * of its archive, and refuses what PF4J would accept and trip over later.
 */
final class CheckedDescriptors implements PluginDescriptorFinder {

  private static final Pattern VALID_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  private final Supplier<VersionManager> versions;

  /**
   * Checks by the versions of PF4J.
   *
   * @param versions asked when it is needed: PF4J makes this before that
   */
  CheckedDescriptors(Supplier<VersionManager> versions) {
    this.versions = versions;
  }

  @Override
  public boolean isApplicable(Path copy) {
    return true;
  }

  @Override
  public PluginDescriptor find(Path copy) {
    return Files.isDirectory(copy)
        ? checked(
            "plugin.properties",
            new OfProperties().of(properties(copy)),
            copy,
            PropertiesPluginDescriptorFinder.PLUGIN_ID,
            PropertiesPluginDescriptorFinder.PLUGIN_VERSION,
            PropertiesPluginDescriptorFinder.PLUGIN_REQUIRES,
            PropertiesPluginDescriptorFinder.PLUGIN_DEPENDENCIES)
        : checked(
            "manifest",
            new OfManifest().of(manifest(copy)),
            copy,
            ManifestPluginDescriptorFinder.PLUGIN_ID,
            ManifestPluginDescriptorFinder.PLUGIN_VERSION,
            ManifestPluginDescriptorFinder.PLUGIN_REQUIRES,
            ManifestPluginDescriptorFinder.PLUGIN_DEPENDENCIES);
  }

  private PluginDescriptor checked(
      String source,
      PluginDescriptor descriptor,
      Path copy,
      String idKey,
      String versionKey,
      String requiresKey,
      String dependenciesKey) {
    String id = descriptor.getPluginId();
    if (id == null || !VALID_ID.matcher(id).matches()) {
      throw malformed(source, idKey, id);
    }
    String version = descriptor.getVersion();
    if (!parses(version, ">=0.0.0")) {
      throw malformed(source, versionKey, version);
    }
    if (!parses("1.0.0", descriptor.getRequires())) {
      throw malformed(source, requiresKey, descriptor.getRequires());
    }
    if (!descriptor.getDependencies().isEmpty()) {
      throw new PluginRejection(
          "HAS_DEPENDENCIES",
          dependenciesKey + " names other plugins; pack what the executor needs into its own file");
    }
    return new Descriptor(descriptor, id + "@" + JarCache.digestOf(copy));
  }

  private boolean parses(@Nullable String version, String range) {
    try {
      versions.get().checkVersionConstraint(version, range.trim());
      return version != null;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static PluginRejection malformed(String source, String key, @Nullable String value) {
    return new PluginRejection(
        "BAD_MANIFEST",
        value == null
            ? "its " + source + " has no " + key
            : key + " in its " + source + " is malformed: " + PluginRejection.shortened(value));
  }

  private static Manifest manifest(Path jar) {
    Manifest manifest = manifestOf(jar);
    if (manifest == null) {
      throw malformed("manifest", "META-INF/MANIFEST.MF", null);
    }
    return manifest;
  }

  /**
   * The manifest of a JAR, null if it has none.
   *
   * @throws PluginRejection if it cannot be read, or brings in other files
   */
  static @Nullable Manifest manifestOf(Path jar) {
    try (JarFile file = new JarFile(jar.toFile())) {
      Manifest manifest = file.getManifest();
      if (manifest != null
          && manifest.getMainAttributes().containsKey(Attributes.Name.CLASS_PATH)) {
        throw new PluginRejection(
            "HAS_CLASS_PATH",
            "Class-Path in its manifest names files that no digest covers; pack them into the"
                + " plugin");
      }
      return manifest;
    } catch (IOException | IllegalArgumentException e) {
      throw new PluginRejection("NOT_A_JAR", "it cannot be read as a JAR: " + e.getMessage());
    }
  }

  private static Properties properties(Path directory) {
    Path file = directory.resolve(PropertiesPluginDescriptorFinder.DEFAULT_PROPERTIES_FILE_NAME);
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
      return properties;
    } catch (IOException | IllegalArgumentException e) {
      throw new PluginRejection(
          "BAD_MANIFEST", "it has no " + file.getFileName() + " at its top that can be read");
    }
  }

  /** What PF4J reads from a manifest. */
  private static final class OfManifest extends ManifestPluginDescriptorFinder {
    PluginDescriptor of(Manifest manifest) {
      return createPluginDescriptor(manifest);
    }
  }

  /** What PF4J reads from properties. */
  private static final class OfProperties extends PropertiesPluginDescriptorFinder {
    PluginDescriptor of(Properties properties) {
      return createPluginDescriptor(properties);
    }
  }

  /** The descriptor of a plugin under the id that sets it apart from other versions. */
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
