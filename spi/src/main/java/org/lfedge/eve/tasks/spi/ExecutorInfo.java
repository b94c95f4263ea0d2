package org.lfedge.eve.tasks.spi;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** What an executor says of itself. */
public final class ExecutorInfo {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

  private final String name;
  private final String summary;
  private final SortedSet<Root.Kind> rootKinds;
  private final List<Option> options;
  private final boolean userNamespace;

  private ExecutorInfo(Builder builder) {
    if (builder.name.length() > 63 || !NAME.matcher(builder.name).matches()) {
      throw new IllegalArgumentException(
          "executor name must match [a-z0-9]+(-[a-z0-9]+)* and have at most 63 characters: "
              + builder.name);
    }
    name = builder.name;
    summary = Objects.requireNonNull(builder.summary);
    rootKinds = SortedCopies.setOf(builder.rootKinds);
    options = List.copyOf(builder.options);
    userNamespace = builder.userNamespace;
    long distinct = options.stream().map(Option::name).distinct().count();
    if (distinct != options.size()) {
      throw new IllegalArgumentException("an option is declared twice by executor " + name);
    }
    if (options.stream().filter(option -> option.type() == Option.Type.PLATFORM).count() > 1) {
      throw new IllegalArgumentException(
          "one option decides the platform of the root, and executor " + name + " declares more");
    }
  }

  /**
   * Starts the description of an executor.
   *
   * @param name what task documents write as {@code executor:}, as {@code native-container}
   * @param summary one line for listings
   */
  public static Builder builder(String name, String summary) {
    return new Builder(name, summary);
  }

  public String name() {
    return name;
  }

  public String summary() {
    return summary;
  }

  /** The kinds of root that this executor can start; others are refused before it is asked. */
  public SortedSet<Root.Kind> rootKinds() {
    return rootKinds;
  }

  /** The keys that it takes under {@code options:}; the core checks them before it is asked. */
  public List<Option> options() {
    return options;
  }

  /**
   * Whether each of its tasks has a user namespace of its own. Users and groups in it are those of
   * the node, and own the same files; what root and capabilities can do ends at what belongs to the
   * task.
   *
   * @since 1.1
   */
  public boolean userNamespace() {
    return userNamespace;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExecutorInfo that
        && name.equals(that.name)
        && summary.equals(that.summary)
        && rootKinds.equals(that.rootKinds)
        && options.equals(that.options)
        && userNamespace == that.userNamespace;
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return "ExecutorInfo[" + name + ", roots " + rootKinds + ", options " + options + "]";
  }

  /** Collects the parts of an {@link ExecutorInfo}. */
  public static final class Builder {
    private final String name;
    private final String summary;
    private final ArrayList<Root.Kind> rootKinds = new ArrayList<>();
    private final ArrayList<Option> options = new ArrayList<>();
    private boolean userNamespace;

    private Builder(String name, String summary) {
      this.name = name;
      this.summary = summary;
    }

    public Builder root(Root.Kind kind) {
      rootKinds.add(kind);
      return this;
    }

    public Builder option(Option option) {
      options.add(option);
      return this;
    }

    /** See {@link ExecutorInfo#userNamespace}. */
    public Builder userNamespace() {
      userNamespace = true;
      return this;
    }

    /**
     * Finishes the description.
     *
     * @throws IllegalArgumentException if the name is malformed, an option is declared twice, or
     *     several are of type {@link Option.Type#PLATFORM}
     */
    public ExecutorInfo build() {
      return new ExecutorInfo(this);
    }
  }
}
