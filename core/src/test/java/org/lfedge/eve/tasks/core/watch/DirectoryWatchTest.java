package org.lfedge.eve.tasks.core.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch.Seen;

/** What changes the stamp of a file, and what the thread of a watch tells. */
class DirectoryWatchTest {

  @TempDir private Path directory;

  @Test
  void everyWayToChangeAFileChangesItsStamp() throws IOException {
    Path file = Files.writeString(directory.resolve("a"), "one");
    FileTime time = Files.getLastModifiedTime(file);
    String first = DirectoryWatch.stamp(file);
    assertEquals(first, DirectoryWatch.stamp(file));
    Object changed = Files.getAttribute(file, "unix:ctime");
    do {
      // Two changes within one tick of the kernel's clock may have the same time.
      Files.writeString(file, "two");
      Files.setLastModifiedTime(file, time);
    } while (Files.getAttribute(file, "unix:ctime").equals(changed));
    String second = DirectoryWatch.stamp(file);
    assertNotEquals(first, second);
    Path other = Files.writeString(directory.resolve(".b"), "two");
    Files.setLastModifiedTime(other, time);
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    assertNotEquals(second, DirectoryWatch.stamp(file));
  }

  @Test
  void linksAreFollowedAndHiddenFilesAreNotSeen() throws IOException {
    Path target = Files.writeString(directory.resolve(".target"), "one");
    Path link = Files.createSymbolicLink(directory.resolve("link"), target);
    Path dangling = Files.createSymbolicLink(directory.resolve("none"), Path.of("nowhere"));
    var stamps = DirectoryWatch.stamps(directory);
    assertEquals(List.of(link, dangling), List.copyOf(stamps.keySet()));
    Files.writeString(target, "other");
    assertNotEquals(stamps.get(link), DirectoryWatch.stamp(link));
    assertEquals("missing", stamps.get(dangling));
  }

  @Test
  void aDirectoryThatIsNotThereIsEmptyAndWhatIsNoDirectoryIsAnError() throws IOException {
    assertTrue(DirectoryWatch.stamps(directory.resolve("none")).isEmpty());
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThrows(IOException.class, () -> DirectoryWatch.stamps(file));
  }

  @Test
  void whatIsThereIsToldAtOnceAndChangesWhenTheyAreOverAndAFaultOfTheListenerEndsNothing()
      throws Exception {
    Path file = Files.writeString(directory.resolve("a"), "one");
    BlockingQueue<Seen> told = new LinkedBlockingQueue<>();
    DirectoryWatch watch =
        DirectoryWatch.start(
            "test-watch",
            directory,
            seen -> {
              told.add(seen);
              throw new IllegalStateException("a fault");
            });
    try (watch) {
      assertEquals(new Seen(DirectoryWatch.stamps(directory), false), next(told));
      Files.delete(file);
      Seen empty = next(told);
      assertTrue(empty.files().isEmpty() && !empty.moving(), empty.toString());
      Files.writeString(file, "two");
      Seen last = next(told);
      while (last.moving()) {
        last = next(told);
      }
      assertEquals(DirectoryWatch.stamps(directory), last.files());
    }
  }

  private static Seen next(BlockingQueue<Seen> told) throws InterruptedException {
    Seen seen = told.poll(60, TimeUnit.SECONDS);
    if (seen == null) {
      throw new AssertionError("nothing was told");
    }
    return seen;
  }
}
