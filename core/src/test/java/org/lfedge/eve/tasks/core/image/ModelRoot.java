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

  private final Node root = new Node();
  private int layer;
  private boolean refused;

  void nextLayer() {
    layer++;
  }

  /** Whether anything was written through a path that leads above the root, or in circles. */
  boolean refused() {
    return refused;
  }

  /**
   * Writes an entry.
   *
   * @param type f, d, l (symbolic link), h (hard link), w (whiteout), o (opaque directory)
   * @param value content or target
   * @return whether a tool could write it; it is to be left out if not
   */
  boolean write(char type, String name, String value) {
    List<String> parts = parts(name);
    String base = parts.get(parts.size() - 1);
    Optional<List<String>> parent =
        resolve(type == 'o' ? parts : parts.subList(0, parts.size() - 1), false);
    if (parent.isEmpty()) {
      refused = true;
      return true;
    }
    Node source = null;
    if (type == 'h') {
      List<String> target = parts(value);
      Optional<List<String>> targetParent = resolve(target.subList(0, target.size() - 1), false);
      if (targetParent.isEmpty()) {
        refused = true;
        return true;
      }
      List<String> path = new ArrayList<>(targetParent.get());
      path.add(target.get(target.size() - 1));
      source = at(path);
      if (source == null || source.isDirectory()) {
        return false;
      }
    }
    Node directory = make(parent.get());
    if (directory == null) {
      return false;
    }
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
        if (present != null && present == source) {
          return false;
        }
        Node written = new Node();
        written.layer = layer;
        written.content = type == 'f' ? value : source == null ? null : source.content;
        written.link = type == 'l' ? value : source == null ? null : source.link;
        directory.children.put(base, written);
      }
    }
    return true;
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

  private @Nullable Node make(List<String> path) {
    Node node = root;
    for (String part : path) {
      node = node.children.computeIfAbsent(part, key -> new Node());
      if (!node.isDirectory()) {
        return null;
      }
    }
    return node;
  }

  private Optional<List<String>> resolve(List<String> path, boolean clamp) {
    Deque<String> ahead = new ArrayDeque<>(path);
    List<String> current = new ArrayList<>();
    int followed = 0;
    while (!ahead.isEmpty()) {
      String part = ahead.pop();
      if (part.equals("..")) {
        if (current.isEmpty() && !clamp) {
          return Optional.empty();
        }
        if (!current.isEmpty()) {
          current.remove(current.size() - 1);
        }
        continue;
      }
      current.add(part);
      Node node = at(current);
      if (node != null && node.link != null) {
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
