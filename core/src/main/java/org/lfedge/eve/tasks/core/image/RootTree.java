package org.lfedge.eve.tasks.core.image;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the layers of an image, laid over one another, make of a root file system: where its
 * symbolic links are, and what a few files hold. Everything else is left out; an image may hold a
 * million files.
 *
 * <p>Paths are relative to the root and resolved: no empty, {@code .} or {@code ..} components, and
 * no component but the last is a symbolic link.
 */
final class RootTree {

  /** As many links as Linux follows in one path. */
  private static final int MAX_LINKS = 40;

  /** Of a link in {@link #links}: its node, its record and the headers of two strings. */
  private static final long LINK_OVERHEAD = 130;

  /** What decoders put in the place of bytes that are no UTF-8. */
  private static final char NOT_UTF8 = '\uFFFD';

  /**
   * What becomes of a symbolic link of a lower layer, where a layer above it writes into a
   * directory of that name. Which it is depends on the snapshotter.
   */
  enum LowerLinks {
    /** Layers are unpacked into the finished root, where the link is followed. */
    FOLLOWED,
    /** Layers are unpacked beside one another, as for overlayfs: a directory takes its place. */
    REPLACED
  }

  private final String image;
  private final LowerLinks lowerLinks;
  private final long symlinkMemory;
  private final SortedSet<String> wanted;
  private final SortedSet<String> wantedElsewhere = new TreeSet<>();
  private final NavigableMap<String, Link> links = new TreeMap<>();
  private final NavigableMap<String, Content> contents = new TreeMap<>();
  private long linkBytes;
  private int layer;
  private String lastParent = "";
  private @Nullable String lastResolved;

  private record Link(String target, int layer) {}

  private record Content(FileHead head, int layer) {}

  /** A path that leads above the root, or in circles. */
  private static final class Unresolvable extends Exception {
    private static final long serialVersionUID = 1L;

    Unresolvable(String message) {
      super(message);
    }
  }

  /**
   * @param symlinkMemory as in {@link LayerLimits}
   * @param wanted the files whose content is kept
   */
  RootTree(String image, LowerLinks lowerLinks, long symlinkMemory, SortedSet<String> wanted) {
    this.image = image;
    this.lowerLinks = lowerLinks;
    this.symlinkMemory = symlinkMemory;
    this.wanted = wanted;
  }

  /** The next layer begins. */
  void nextLayer() {
    layer++;
    lastResolved = null;
  }

  /**
   * Where an entry is written: its parent's symbolic links are followed, its own name is not.
   * Refuses names with {@code ..} and names whose parent leads above the root.
   */
  String place(String name) {
    List<String> parts = harmless(name);
    String parent = parent(parts);
    if (lastResolved == null || !parent.equals(lastParent)) {
      String resolved = resolveParent(name, parent);
      if (lowerLinks == LowerLinks.REPLACED) {
        becomeDirectories(resolved);
      }
      lastResolved = resolved;
      lastParent = parent;
    }
    return parts.isEmpty() ? "" : join(lastResolved, parts.get(parts.size() - 1));
  }

  /** The same for a name that must be there, as the target of a hard link. */
  String find(String name) {
    List<String> parts = harmless(name);
    return parts.isEmpty()
        ? ""
        : join(resolveParent(name, parent(parts)), parts.get(parts.size() - 1));
  }

  private List<String> harmless(String name) {
    List<String> parts = components(name);
    if (parts.contains("..")) {
      throw ImageProblems.escapesRoot(image, "a layer has an entry named '" + name + "'");
    }
    return parts;
  }

  private String resolveParent(String name, String parent) {
    try {
      return resolve(parent, false);
    } catch (Unresolvable e) {
      throw ImageProblems.escapesRoot(
          image, "a layer writes '" + name + "' through a symbolic link that " + e.getMessage());
    }
  }

  private void becomeDirectories(String path) {
    for (String at = path; !at.isEmpty(); at = parent(at)) {
      Link link = links.get(at);
      if (link != null && link.layer() < layer) {
        removeLink(at);
      }
      Content content = contents.get(at);
      if (content != null && content.layer() < layer) {
        contents.remove(at);
      }
    }
  }

  /** A directory: what is in it already stays, if it was one. */
  void directory(String path) {
    removeLink(path);
    contents.remove(path);
  }

  /** Anything that is neither directory, symbolic link nor wanted file. */
  void other(String path) {
    remove(path, false);
  }

  /** A regular file that is wanted, with its permission bits. */
  void file(String path, byte[] bytes, int mode) {
    remove(path, false);
    contents.put(path, new Content(new FileHead(bytes, mode), layer));
  }

  /**
   * A symbolic link. Names that are no UTF-8 may stand for several; a link must stand for itself.
   */
  void symlink(String path, String target) {
    if (path.indexOf(NOT_UTF8) >= 0) {
      throw ImageProblems.badLayer(image, "the symbolic link '" + path + "' is not named in UTF-8");
    }
    remove(path, false);
    linkBytes += weight(path, target);
    if (linkBytes > symlinkMemory) {
      throw ImageProblems.tooLarge(image, "its layers have too many symbolic links");
    }
    links.put(path, new Link(target, layer));
    lastResolved = null;
  }

  /** A further name for what is there. */
  void hardLink(String path, String target) {
    Link link = links.get(target);
    Content content = contents.get(target);
    if (path.equals(target)) {
      return;
    }
    if (link != null) {
      symlink(path, link.target());
    } else if (content != null && wanted.contains(path)) {
      file(path, content.head().bytes(), content.head().mode());
    } else {
      if (wanted.contains(path) && !wanted.contains(target)) {
        wantedElsewhere.add(target);
      }
      other(path);
    }
  }

  /** Hides what lower layers have at a path. */
  void whiteout(String path) {
    remove(path, true);
  }

  /** Hides what lower layers have in a directory. */
  void opaque(String path) {
    removeBelow(path, true);
  }

  boolean isWanted(String path) {
    return wanted.contains(path);
  }

  /**
   * What a program in the finished root would read. Empty if there is no such file, or if it is one
   * that was not among the wanted: then {@link #wantedElsewhere} names it afterwards.
   */
  Optional<byte[]> read(String path) {
    return head(path).map(FileHead::bytes);
  }

  /** The same, with its permissions. */
  Optional<FileHead> head(String path) {
    try {
      String resolved = resolve(path, true);
      if (!wanted.contains(resolved)) {
        wantedElsewhere.add(resolved);
      }
      return Optional.ofNullable(contents.get(resolved)).map(Content::head);
    } catch (Unresolvable e) {
      return Optional.empty();
    }
  }

  /** Files that should have been wanted, because a link leads from a wanted one to them. */
  SortedSet<String> wantedElsewhere() {
    return wantedElsewhere;
  }

  /**
   * Follows the symbolic links of a path.
   *
   * @param reading as programs in the finished root do: {@code ..} in the root stays there. For
   *     layers that write it is refused, and links of lower layers may not count.
   */
  private String resolve(String path, boolean reading) throws Unresolvable {
    Deque<String> ahead = new ArrayDeque<>(components(path));
    String current = "";
    int followed = 0;
    while (!ahead.isEmpty()) {
      String part = ahead.pop();
      if (part.equals("..")) {
        if (current.isEmpty() && !reading) {
          throw new Unresolvable("leads above the root");
        }
        current = parent(current);
        continue;
      }
      String next = join(current, part);
      Link link = links.get(next);
      if (link == null || (!reading && lowerLinks == LowerLinks.REPLACED && link.layer() < layer)) {
        current = next;
        continue;
      }
      if (++followed > MAX_LINKS) {
        throw new Unresolvable("leads in circles");
      }
      if (link.target().startsWith("/")) {
        current = "";
      }
      List<String> target = components(link.target());
      for (int i = target.size() - 1; i >= 0; i--) {
        ahead.push(target.get(i));
      }
    }
    return current;
  }

  private void remove(String path, boolean lowerLayersOnly) {
    if (path.isEmpty()) {
      throw ImageProblems.badLayer(image, "a layer replaces the root directory itself");
    }
    Link link = links.get(path);
    if (link != null && (!lowerLayersOnly || link.layer() < layer)) {
      removeLink(path);
    }
    Content content = contents.get(path);
    if (content != null && (!lowerLayersOnly || content.layer() < layer)) {
      contents.remove(path);
    }
    removeBelow(path, lowerLayersOnly);
  }

  private void removeBelow(String path, boolean lowerLayersOnly) {
    below(contents, path).values().removeIf(found -> !lowerLayersOnly || found.layer() < layer);
    List<String> hidden = new ArrayList<>();
    below(links, path)
        .forEach(
            (at, found) -> {
              if (!lowerLayersOnly || found.layer() < layer) {
                hidden.add(at);
              }
            });
    hidden.forEach(this::removeLink);
  }

  private void removeLink(String path) {
    Link link = links.remove(path);
    if (link != null) {
      linkBytes -= weight(path, link.target());
      lastResolved = null;
    }
  }

  private static <V> NavigableMap<String, V> below(NavigableMap<String, V> map, String path) {
    // '0' is the character after '/'.
    return path.isEmpty() ? map : map.subMap(path + "/", true, path + "0", false);
  }

  private static long weight(String path, String target) {
    return LINK_OVERHEAD + path.length() + target.length();
  }

  private static List<String> components(String path) {
    return Arrays.stream(path.split("/", -1))
        .filter(part -> !part.isEmpty() && !part.equals("."))
        .toList();
  }

  private static String join(String parent, String name) {
    return parent.isEmpty() ? name : parent + "/" + name;
  }

  private static String parent(List<String> parts) {
    return String.join("/", parts.subList(0, Math.max(0, parts.size() - 1)));
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }
}
