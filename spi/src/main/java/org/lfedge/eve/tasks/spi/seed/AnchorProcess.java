package org.lfedge.eve.tasks.spi.seed;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/** The program that containerd starts, and whose PID is the id of the running task. */
public final class AnchorProcess {

  private static final Pattern CAPABILITY = Pattern.compile("CAP_[A-Z_]+");

  private final List<String> args;
  private final List<String> env;
  private final String workingDir;
  private final User user;
  private final Optional<SortedSet<String>> capabilities;
  private final boolean init;

  private AnchorProcess(Builder builder) {
    args = List.copyOf(builder.args);
    env = List.copyOf(builder.env);
    workingDir = Mount.requireAbsolute(builder.workingDir);
    user = Objects.requireNonNull(builder.user);
    capabilities = Optional.ofNullable(builder.capabilities).map(SortedCopies::setOf);
    init = builder.init;
    if (args.isEmpty() || args.get(0).isEmpty()) {
      throw new IllegalArgumentException("an anchor needs a program to run");
    }
    for (String text : args) {
      requireNoNul(text);
    }
    for (String variable : env) {
      requireNoNul(variable);
      if (variable.indexOf('=') < 1) {
        throw new IllegalArgumentException("not of the form KEY=value: " + variable);
      }
    }
    for (String capability : capabilities.<Iterable<String>>map(set -> set).orElse(List.of())) {
      if (!CAPABILITY.matcher(capability).matches()) {
        throw new IllegalArgumentException("not the name of a capability: " + capability);
      }
    }
  }

  /**
   * Starts the description of an anchor with its exec-style arguments; no shell sees them.
   *
   * @param args the program, looked up in the task's own PATH, and its arguments
   */
  public static Builder builder(List<String> args) {
    return new Builder(args);
  }

  public List<String> args() {
    return args;
  }

  /** In order, each {@code KEY=value}. */
  public List<String> env() {
    return env;
  }

  /** Absolute. */
  public String workingDir() {
    return workingDir;
  }

  public User user() {
    return user;
  }

  /**
   * The Linux capabilities that it asks for, such as {@code CAP_NET_BIND_SERVICE}; policy may
   * withhold some. Empty means the usual set of a container.
   */
  public Optional<SortedSet<String>> capabilities() {
    return capabilities;
  }

  /** Whether the core's tiny init shall be PID 1 and start the args as its child. */
  public boolean init() {
    return init;
  }

  private static void requireNoNul(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("arguments and variables cannot hold a NUL character");
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AnchorProcess that
        && args.equals(that.args)
        && env.equals(that.env)
        && workingDir.equals(that.workingDir)
        && user.equals(that.user)
        && capabilities.equals(that.capabilities)
        && init == that.init;
  }

  @Override
  public int hashCode() {
    return Objects.hash(args, env);
  }

  /** Names the program alone: arguments and variables may be private to the task. */
  @Override
  public String toString() {
    return "AnchorProcess[" + args.get(0) + "]";
  }

  /** Collects the parts of an {@link AnchorProcess}. */
  public static final class Builder {
    private final List<String> args;
    private final List<String> env = new ArrayList<>();
    private String workingDir = "/";
    private User user = User.ROOT;
    private @Nullable SortedSet<String> capabilities;
    private boolean init;

    private Builder(List<String> args) {
      this.args = args;
    }

    public Builder env(List<String> variables) {
      env.addAll(variables);
      return this;
    }

    public Builder workingDir(String path) {
      workingDir = path;
      return this;
    }

    public Builder user(User value) {
      user = value;
      return this;
    }

    public Builder capabilities(SortedSet<String> names) {
      capabilities = names;
      return this;
    }

    public Builder init(boolean value) {
      init = value;
      return this;
    }

    /**
     * Finishes the description.
     *
     * @throws IllegalArgumentException if there is no program, or a part is malformed
     */
    public AnchorProcess build() {
      return new AnchorProcess(this);
    }
  }
}
