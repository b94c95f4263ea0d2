package org.lfedge.eve.tasks.core.pubsub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.eve.Domains;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;

/** Files as EVE's manager of apps writes them, and what is published in return. */
class DomainDirectoryTest {

  private static final String ID = "0f6f3a4e-2a77-4b1c-9d3e-8a5b6c7d8e9f";
  private static final String OTHER = "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";

  @TempDir private Path root;

  private final BlockingQueue<Domains> told = new LinkedBlockingQueue<>();

  private Path file(String key) {
    return root.resolve("zedmanager/DomainConfig").resolve(key);
  }

  /** As EVE writes files: beside, and then in place. */
  private void write(String key, String text) throws IOException {
    Path unfinished = Files.writeString(root.resolve("unfinished"), text);
    Files.createDirectories(root.resolve("zedmanager/DomainConfig"));
    Files.move(unfinished, file(key), StandardCopyOption.ATOMIC_MOVE);
  }

  private String domain(String id, String version) {
    return """
        {"UUIDandVersion": {"UUID": "%s", "Version": "%s"}, "Activate": true, "DiskConfigList":
         [{"FileLocation": "%s/volume", "Format": 8}], "VifList": null}
        """
        .formatted(id, version, root);
  }

  private Domains await(Predicate<Domains> condition) throws InterruptedException {
    for (Domains one; (one = told.poll(1, TimeUnit.MINUTES)) != null; ) {
      if (condition.test(one)) {
        return one;
      }
    }
    throw new AssertionError("waited in vain");
  }

  @Test
  void domainsAreTakenAsTheyComeAndGo() throws Exception {
    try (DirectoryWatch watch = DomainDirectory.watch(root, told::add)) {
      Objects.requireNonNull(watch);
      assertFalse(await(domains -> true).whole());
      Files.createDirectories(root.resolve("volume"));
      Files.writeString(root.resolve("volume/image-config.json"), "{}");
      write(ID + ".json", domain(ID, "1"));
      Domains first = await(domains -> domains.configs().containsKey(ID));
      assertEquals("1", first.configs().get(ID).version());
      assertEquals("{}", new String(first.images().values().iterator().next(), UTF_8));
      write(ID + ".json", domain(ID, "2"));
      Domains second = await(domains -> domains.configs().get(ID).version().equals("2"));
      assertEquals(Set.of(), second.gone());

      // What cannot be read holds as it was, and holds up no other.
      write(ID + ".json", "{");
      write(OTHER + ".json", domain(OTHER, "1"));
      Domains broken =
          await(
              domains ->
                  domains.configs().containsKey(OTHER) && domains.unreadable().containsKey(ID));
      assertEquals("2", broken.configs().get(ID).version());
      assertEquals("DOMAIN_UNREADABLE", broken.unreadable().get(ID).code());

      Files.delete(file(ID + ".json"));
      Domains gone = await(domains -> !domains.configs().containsKey(ID));
      assertEquals(Set.of(ID), gone.gone());
      write("restarted", "1");
      assertTrue(await(Domains::whole).configs().containsKey(OTHER));
    }
  }

  @Test
  void whatHasNotChangedIsNotToldAgain() throws IOException {
    DomainDirectory domains = new DomainDirectory(root, told::add);
    write(ID + ".json", domain(ID, "1"));
    DirectoryWatch.Seen seen =
        new DirectoryWatch.Seen(new TreeMap<>(Map.of(file(ID + ".json"), "")), false);
    assertFalse(domains.look(seen), "an image is missing");
    assertFalse(domains.look(seen));
    assertEquals(1, told.size());
    Files.createDirectories(root.resolve("volume"));
    Files.writeString(root.resolve("volume/image-config.json"), "{}");
    assertTrue(domains.look(seen));
    assertTrue(domains.look(seen));
    assertEquals(2, told.size());
    Files.writeString(root.resolve("volume/image-config.json"), "{ }");
    assertTrue(domains.look(seen));
    assertEquals(3, told.size());
  }

  @Test
  void whatTheReceiverDidNotTakeIsToldAgain() throws IOException {
    DomainDirectory domains =
        new DomainDirectory(
            root,
            one -> {
              told.add(one);
              throw new IllegalStateException("not now");
            });
    DirectoryWatch.Seen seen = new DirectoryWatch.Seen(new TreeMap<>(), false);
    assertThrows(IllegalStateException.class, () -> domains.look(seen));
    assertThrows(IllegalStateException.class, () -> domains.look(seen));
    assertEquals(2, told.size());
  }

  @Test
  void othersThanThoseThatAreKeptAreRemoved() throws IOException {
    Publications publications = new Publications(root);
    Path status = root.resolve("domainmgr/DomainStatus");
    publications.publish("DomainStatus", ID, "{}".getBytes(UTF_8));
    publications.publish("DomainStatus", OTHER, "{}".getBytes(UTF_8));
    publications.publish("DomainStatus", ID, "{\"State\": 115}".getBytes(UTF_8));
    assertEquals("{\"State\": 115}", Files.readString(status.resolve(ID + ".json")));
    publications.retain("DomainStatus", new TreeSet<>(Set.of(OTHER)));
    publications.retain("DomainMetric", new TreeSet<>());
    try (var files = Files.list(status)) {
      assertEquals(List.of(status.resolve(OTHER + ".json")), files.toList());
    }
    assertTrue(Files.isDirectory(root.resolve("domainmgr/DomainMetric")));
  }
}
