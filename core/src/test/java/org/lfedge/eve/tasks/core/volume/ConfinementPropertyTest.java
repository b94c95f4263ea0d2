package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * The decision about a mount, held against a small kernel: a node with a few file systems, all of
 * which have the directories a and b down to three levels, mounted in each other at random.
 */
class ConfinementPropertyTest {

  private static final List<String> PATHS = paths();
  private static final String POINT = "/own/staged";

  private static List<String> paths() {
    List<String> paths = new ArrayList<>(List.of("/"));
    for (String first : List.of("/a", "/b")) {
      paths.add(first);
      for (String second : List.of("/a", "/b")) {
        paths.add(first + second);
        paths.add(first + second + "/a");
        paths.add(first + second + "/b");
      }
    }
    return paths;
  }

  /** A mount as it was asked for. */
  record Asked(int device, String root, String point) {}

  /** A place as the model knows it. */
  record Place(int device, String path) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return toString().compareTo(other.toString());
    }
  }

  /** A kernel: mounts hang on a place of their parent. */
  private static final class Node {
    private record Made(int id, int parent, Place root, Place on, String point) {}

    private final List<Made> mounts = new ArrayList<>();

    Node(List<Asked> asked) {
      mounts.add(new Made(1, 0, new Place(0, "/"), new Place(-1, "/"), "/"));
      for (Asked one : asked) {
        mount(new Place(one.device(), one.root()), one.point());
      }
    }

    void mount(Place root, String point) {
      int[] at = new int[1];
      Place on = walk(point, at);
      mounts.add(new Made(mounts.size() + 1, at[0], root, on, point));
    }

    /** Step by step, crossing whatever is mounted at each place. */
    Place walk(String path, int... mount) {
      int at = 1;
      Place place = mounts.get(0).root();
      int[] crossed = cross(at, place);
      at = crossed[0];
      place = at == 1 ? place : mounts.get(at - 1).root();
      for (String name : path.substring(1).split("/")) {
        if (!name.isEmpty()) {
          place =
              new Place(
                  place.device(), (place.path().equals("/") ? "" : place.path()) + "/" + name);
          int next = cross(at, place)[0];
          if (next != at) {
            at = next;
            place = mounts.get(at - 1).root();
          }
        }
      }
      if (mount.length > 0) {
        mount[0] = at;
      }
      return place;
    }

    private int[] cross(int at, Place place) {
      int now = at;
      Place here = place;
      for (boolean moved = true; moved; ) {
        moved = false;
        for (Made made : mounts) {
          if (made.parent() == now && made.on().equals(here)) {
            now = made.id();
            here = made.root();
            moved = true;
            break;
          }
        }
      }
      return new int[] {now};
    }

    MountTable table() {
      StringBuilder text = new StringBuilder();
      for (Made made : mounts) {
        text.append(
            "%d %d 8:%d %s %s rw - ext4 x rw%n"
                .formatted(
                    made.id(),
                    made.parent(),
                    made.root().device(),
                    made.root().path(),
                    made.point()));
      }
      return MountTable.parse(text.toString());
    }
  }

  @Provide
  Arbitrary<List<Asked>> mounts() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 2),
            Arbitraries.of(PATHS),
            Arbitraries.of(PATHS).filter(path -> path.length() > 1))
        .as(Asked::new)
        .list()
        .ofMaxSize(5);
  }

  @Provide
  Arbitrary<List<String>> directories() {
    return Arbitraries.of(PATHS).list().ofMinSize(1).ofMaxSize(2);
  }

  @Provide
  Arbitrary<String> path() {
    return Arbitraries.of(PATHS);
  }

  @Property(tries = 5000)
  void aPathIsLocatedWhereTheKernelFindsIt(
      @ForAll("mounts") List<Asked> asked, @ForAll("path") String path) {
    Node node = new Node(asked);
    Place place = node.walk(path);
    assertEquals(
        new MountTable.Location("8:" + place.device(), place.path()),
        node.table().locate(path).orElseThrow());
  }

  @Property(tries = 5000)
  void aMountIsAllowedIfAndOnlyIfAPathInAnAllowedDirectoryLeadsToIt(
      @ForAll("mounts") List<Asked> asked,
      @ForAll("directories") List<String> allowed,
      @ForAll("path") String wanted) {
    Node node = new Node(asked);
    Set<Place> reachable = new TreeSet<>();
    for (String directory : allowed) {
      for (String path : PATHS) {
        if (path.equals(directory)
            || path.startsWith(directory.equals("/") ? "/" : directory + "/")) {
          // All that lies below it in its file system can be reached by some other path.
          reachable.add(node.walk(path));
        }
      }
    }
    Place shown = node.walk(wanted);
    node.mount(shown, POINT);
    boolean allowedHere =
        new Confinement(allowed, List.of("/own")).refusal(node.table(), POINT).isEmpty();
    Place own = node.walk("/own");
    boolean expected =
        !(own.device() == shown.device() && lies(own.path(), shown.path()))
            && reachable.stream()
                .anyMatch(
                    place -> place.device() == shown.device() && lies(shown.path(), place.path()));
    assertEquals(expected, allowedHere);
  }

  private static boolean lies(String path, String directory) {
    return path.equals(directory) || path.startsWith(directory.equals("/") ? "/" : directory + "/");
  }
}
