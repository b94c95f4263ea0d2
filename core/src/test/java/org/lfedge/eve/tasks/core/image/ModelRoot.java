package org.lfedge.eve.tasks.core.image;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A root file system as a tree of nodes, written to as a tool does that unpacks layers one over the
 * other: what layers should come to, said as plainly as possible.
 */
final class ModelRoot {

  private static final int MAX_LINKS = 40;

  private static final class Node {
    final Map<String, Node> children = new TreeMap<>();
    @Nullable String link;
    @Nullable String content;
    int layer;

    boolean isDirectory() {
      return link == null && content == null;
    }
  }

  private final boolean replacesLowerLinks;
  private final Node root = new Node();
  private int layer;
  private boolean refused;

  /**
   * @param replacesLowerLinks whether a directory takes the place of a link of a lower layer,
   *     rather than the link being followed
   */
  ModelRoot(boolean replacesLowerLinks) {
    this.replacesLowerLinks = replacesLowerLinks;
  }

  void nextLayer() {
    layer++;
  }

  /** Whether anything was written through a path that leads above the root, or in circles. */
  boolean refused() {
    return refused;
  }

  /** Whether a tool could write an entry, or would have to refuse it. */
  boolean fits(char type, String name, String value) {
    List<String> parts = parts(name);
    Optional<List<String>> parent = resolve(type == 'o' ? parts : parentOf(parts), false);
    if (parent.isEmpty()) {
      return true;
    }
    if (type == 'h') {
      Optional<List<String>> target = target(value);
      Node source = target.map(this::at).orElse(null);
      List<String> own = new ArrayList<>(parent.get());
      own.add(parts.get(parts.size() - 1));
      if (target.isPresent()
          && (source == null || source.isDirectory() || own.equals(target.get()))) {
        return false;
      }
    }
    Node node = root;
    for (String part : parent.get()) {
      node = node == null ? null : node.children.get(part);
      if (node != null && !node.isDirectory() && !isReplaced(node)) {
        return false;
      }
    }
    return true;
  }

  private boolean isReplaced(Node node) {
    return replacesLowerLinks && node.layer < layer;
  }

  private Optional<List<String>> target(String name) {
    List<String> parts = parts(name);
    return resolve(parentOf(parts), false)
        .map(
            parent -> {
              List<String> path = new ArrayList<>(parent);
              path.add(parts.get(parts.size() - 1));
              return path;
            });
  }

  private static List<String> parentOf(List<String> parts) {
    return parts.subList(0, parts.size() - 1);
  }

  /**
   * Writes an entry that fits.
   *
   * @param type f, d, l (symbolic link), h (hard link), w (whiteout), o (opaque directory)
   * @param value content or target
   */
  void write(char type, String name, String value) {
    List<String> parts = parts(name);
    String base = parts.get(parts.size() - 1);
    Optional<List<String>> parent = resolve(type == 'o' ? parts : parentOf(parts), false);
    Optional<List<String>> target = type == 'h' ? target(value) : Optional.of(List.of());
    if (parent.isEmpty() || target.isEmpty()) {
      refused = true;
      return;
    }
    Node source = type == 'h' ? at(target.get()) : null;
    Node directory = make(parent.get());
    Node present = directory.children.get(base);
    switch (type) {
      case 'o' -> hide(directory);
      case 'w' -> {
        if (present != null && hide(present)) {
          directory.children.remove(base);
        }
      }
      case 'd' -> {
        if (present == null || !present.isDirectory()) {
          directory.children.put(base, new Node());
        }
      }
      default -> {
        Node written = new Node();
        written.layer = layer;
        written.content = type == 'f' ? value : source == null ? null : source.content;
        written.link = type == 'l' ? value : source == null ? null : source.link;
        directory.children.put(base, written);
      }
    }
  }

  /** What a program in the root reads; nothing if there is no such file. */
  String read(String name) {
    Node node = resolve(parts(name), true).map(this::at).orElse(null);
    return node == null || node.content == null ? "" : node.content;
  }

  /** Removes what lower layers brought; tells whether nothing is left of the node itself. */
  private boolean hide(Node node) {
    node.children.values().removeIf(this::hide);
    return node.isDirectory() ? node.children.isEmpty() : node.layer < layer;
  }

  private @Nullable Node at(List<String> path) {
    Node node = root;
    for (String part : path) {
      node = node == null ? null : node.children.get(part);
    }
    return node;
  }

  private Node make(List<String> path) {
    Node node = root;
    for (String part : path) {
      Node next = node.children.computeIfAbsent(part, key -> new Node());
      if (!next.isDirectory()) {
        next = new Node();
        node.children.put(part, next);
      }
      node = next;
    }
    return node;
  }

  private Optional<List<String>> resolve(List<String> path, boolean reading) {
    Deque<String> ahead = new ArrayDeque<>(path);
    List<String> current = new ArrayList<>();
    int followed = 0;
    while (!ahead.isEmpty()) {
      String part = ahead.pop();
      if (part.equals("..")) {
        if (current.isEmpty() && !reading) {
          return Optional.empty();
        }
        if (!current.isEmpty()) {
          current.remove(current.size() - 1);
        }
        continue;
      }
      current.add(part);
      Node node = at(current);
      if (node != null && node.link != null && (reading || !isReplaced(node))) {
        if (++followed > MAX_LINKS) {
          return Optional.empty();
        }
        current.remove(current.size() - 1);
        if (node.link.startsWith("/")) {
          current.clear();
        }
        List<String> target = parts(node.link);
        for (int i = target.size() - 1; i >= 0; i--) {
          ahead.push(target.get(i));
        }
      }
    }
    return Optional.of(current);
  }

  private static List<String> parts(String path) {
    return Arrays.stream(path.split("/")).filter(part -> !part.isEmpty()).toList();
  }
}
