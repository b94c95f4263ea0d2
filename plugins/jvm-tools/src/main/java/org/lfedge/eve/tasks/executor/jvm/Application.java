package org.lfedge.eve.tasks.executor.jvm;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;

/**
 * What a JVM is told to run, checked against what the JAR says of itself.
 *
 * @param classPath of the program; empty if that is a module
 * @param manifest the main section of that of the JAR, where it is known
 * @param args what follows the options of the JVM, without the program's own arguments
 */
record Application(Optional<String> classPath, Optional<String> manifest, List<String> args) {

  /** A root that is a file is here. */
  static final String JAR = JvmExecutor.ROOT + "/app.jar";

  /** In a root that is a directory. */
  private static final String DEFAULT_JAR = "app.jar";

  private static final String FORMAT = "jar";

  /** What has to be known of the root. */
  static List<FactQuery> facts(TaskConfig task, JvmOptions options) throws SeedException {
    return query(task, options).<List<FactQuery>>map(List::of).orElse(List.of());
  }

  private static Optional<FactQuery> query(TaskConfig task, JvmOptions options)
      throws SeedException {
    Optional<String> path = path(task.root(), options);
    return task.root() instanceof Root.Directory && path.isEmpty()
        ? Optional.empty()
        : Optional.of(new FactQuery.JarFile(path, options.mainClass()));
  }

  /** Of the JAR in the root; empty if that is a file, or has none. */
  private static Optional<String> path(Root root, JvmOptions options) throws SeedException {
    if (root instanceof Root.File file) {
      if (!file.format().equals(FORMAT)) {
        throw new SeedException(
            "ROOT_FORMAT_UNSUPPORTED",
            "root.file.format",
            "a JVM runs a JAR and nothing in the format "
                + file.format()
                + "; write root: {jar: PATH}");
      }
      if (options.jar().isPresent()) {
        throw JvmOptions.bad(JvmOptions.JAR, "is for a root that is a directory; leave it out");
      }
      return Optional.empty();
    }
    if (!(root instanceof Root.Directory)) {
      throw SeedException.unsupported("root", root.kind());
    }
    if (options.jar().isEmpty()
        && (options.mainClass().isPresent() || options.module().isPresent())) {
      return Optional.empty();
    }
    String jar = options.jar().orElse(DEFAULT_JAR);
    if (jar.startsWith("/")
        || jar.isEmpty()
        || ("/" + jar + "/").contains("/../")
        || !Paths.isWritable(jar)) {
      throw JvmOptions.bad(
          JvmOptions.JAR, "must be a path relative to the root, without .. and without colons");
    }
    return Optional.of(jar);
  }

  /**
   * Finds out what to start.
   *
   * @throws SeedException if there is nothing that could be, or it leads out of the root
   */
  static Application of(SeedRequest request, JvmOptions options, ToolsJava java)
      throws SeedException {
    TaskConfig task = request.task();
    Optional<String> path = path(task.root(), options);
    Paths paths = new Paths(task.volumes());
    Optional<FactQuery> query = query(task, options);
    if (query.isEmpty()) {
      return of(options, paths, Optional.empty(), options.mainClass(), Optional.empty());
    }
    Fact fact = request.fact(query.get());
    String key = path.isPresent() ? "options." + JvmOptions.JAR : "root.jar";
    if (!fact.present()) {
      throw new SeedException(
          "JAR_NOT_FOUND",
          key,
          path.map(name -> "there is no file " + name + " in the root").orElse("there is no JAR")
              + "; correct the path, or put it there");
    }
    String jar = path.map(name -> JvmExecutor.ROOT + "/" + name).orElse(JAR);
    Optional<String> classPath = fact.value("classPath");
    if (classPath.isPresent()) {
      ClassPathAttribute.check(classPath.get(), jar.substring(0, jar.lastIndexOf('/')), key);
    }
    Optional<String> main = options.mainClass().or(() -> fact.value("mainClass"));
    if (options.module().isEmpty()) {
      requireMain(fact, main, options, key);
    }
    for (String version : List.of("classVersion", "startClassVersion")) {
      Optional<String> found = fact.value(version);
      if (found.isPresent()) {
        String of =
            version.equals("classVersion") ? main.orElse("") : fact.value("startClass").orElse("");
        java.require(found.get(), "class " + of, key);
      }
    }
    return of(options, paths, Optional.of(jar), main, fact.value("manifest"));
  }

  private static void requireMain(Fact fact, Optional<String> main, JvmOptions options, String key)
      throws SeedException {
    if (main.isEmpty()) {
      throw new SeedException(
          "NO_MAIN_CLASS",
          key,
          "the manifest of the JAR names no Main-Class; give options.mainClass, or build the JAR"
              + " with one");
    }
    if (!JvmOptions.CLASS_NAME.matcher(main.get()).matches()) {
      throw new SeedException(
          "NO_MAIN_CLASS",
          key,
          "the Main-Class of the manifest is no name of a class; build the JAR anew, or give"
              + " options.mainClass");
    }
    boolean elsewhere = fact.value("classPath").isPresent() || !options.classPath().isEmpty();
    if (fact.value("classVersion").isEmpty() && !elsewhere) {
      throw new SeedException(
          "MAIN_CLASS_NOT_FOUND",
          options.mainClass().isPresent() ? "options." + JvmOptions.MAIN_CLASS : key,
          "class "
              + main.get()
              + " is not in the JAR, and nothing else is on the class path; correct the name, or"
              + " give options.classPath");
    }
  }

  private static Application of(
      JvmOptions options,
      Paths paths,
      Optional<String> jar,
      Optional<String> main,
      Optional<String> manifest)
      throws SeedException {
    List<String> extra = paths.resolved(JvmOptions.CLASS_PATH, options.classPath());
    List<String> args = new ArrayList<>();
    if (options.module().isPresent()) {
      List<String> modulePath = new ArrayList<>();
      jar.ifPresent(modulePath::add);
      modulePath.addAll(paths.resolved(JvmOptions.MODULE_PATH, options.modulePath()));
      if (!extra.isEmpty()) {
        args.addAll(List.of("-cp", String.join(":", extra)));
      }
      if (!modulePath.isEmpty()) {
        args.addAll(List.of("-p", String.join(":", modulePath)));
      }
      args.addAll(List.of("-m", options.module().get()));
      return new Application(Optional.empty(), manifest, args);
    }
    List<String> all = new ArrayList<>();
    jar.ifPresent(all::add);
    all.addAll(extra);
    if (all.isEmpty()) {
      all.add(JvmExecutor.ROOT);
    }
    String classPath = String.join(":", all);
    if (jar.isPresent() && extra.isEmpty() && options.mainClass().isEmpty()) {
      // What the manifest asks for besides, such as an agent, goes with this form alone.
      args.addAll(List.of("-jar", jar.get()));
    } else {
      args.addAll(List.of("-cp", classPath, main.orElseThrow()));
    }
    return new Application(Optional.of(classPath), manifest, args);
  }
}
