package org.lfedge.eve.tasks.dist;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.lfedge.eve.tasks.core.port.Effect;

/** What the engine needs of the world, as the code has it. */
public final class Ports {

  private Ports() {}

  /** The effects of all ports, such as {@code TaskStore.save}. */
  public static SortedSet<String> effects() {
    SortedSet<String> effects = new TreeSet<>();
    methods()
        .forEach(
            (name, method) -> {
              if (method.isAnnotationPresent(Effect.class)) {
                effects.add(name);
              }
            });
    return effects;
  }

  /** The methods of all ports, by the name of the port and their own. */
  static SortedMap<String, Method> methods() {
    SortedMap<String, Method> methods = new TreeMap<>();
    new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(Effect.class.getPackageName())
            .stream()
            .filter(type -> type.isInterface() && !type.isAnnotation())
            .map(JavaClass::reflect)
            .forEach(
                port ->
                    Arrays.stream(port.getDeclaredMethods())
                        .filter(method -> !Modifier.isStatic(method.getModifiers()))
                        .forEach(
                            method ->
                                methods.put(
                                    port.getSimpleName() + "." + method.getName(), method)));
    return methods;
  }
}
