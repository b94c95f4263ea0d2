package org.lfedge.eve.tasks.dist.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A terminal that remembers what was done to it. */
final class FakeDevice implements Terminal.Device {

  private Optional<Terminal.Size> size = Optional.empty();
  private final List<String> changes = new ArrayList<>();

  /** Makes standard input a terminal. */
  void size(int columns, int rows) {
    size = Optional.of(new Terminal.Size(columns, rows));
  }

  /** {@code raw} and {@code restored}, in order. */
  List<String> changes() {
    return changes;
  }

  @Override
  public Optional<Terminal.Size> size() {
    return size;
  }

  @Override
  public boolean showsErrors() {
    return false;
  }

  @Override
  public String type() {
    return "fake";
  }

  @Override
  public Terminal.Registration raw() {
    changes.add("raw");
    return () -> changes.add("restored");
  }

  /** Changes once, at once. */
  @Override
  public Terminal.Registration onResize(Consumer<Terminal.Size> action) {
    action.accept(new Terminal.Size(100, 50));
    return () -> {};
  }
}
