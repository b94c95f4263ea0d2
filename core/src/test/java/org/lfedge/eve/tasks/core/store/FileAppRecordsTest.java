package org.lfedge.eve.tasks.core.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.port.AppRecord;

class FileAppRecordsTest {

  private static final int WORKERS = 16;

  @TempDir Path directory;

  private static AppRecord app(int number) {
    return new AppRecord("app-" + number, "task", 0, 0);
  }

  @Test
  void theFirstRecordsOfANodeAreAllKept() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(WORKERS);
    try {
      for (int round = 0; round < 50; round++) {
        FileAppRecords records = new FileAppRecords(directory.resolve("apps-" + round));
        CountDownLatch all = new CountDownLatch(WORKERS);
        List<? extends Future<?>> saved =
            IntStream.range(0, WORKERS)
                .mapToObj(
                    number ->
                        threads.submit(
                            () -> {
                              all.countDown();
                              all.await();
                              records.save(app(number));
                              return number;
                            }))
                .toList();
        for (Future<?> one : saved) {
          one.get();
        }
        assertEquals(WORKERS, records.all().size());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void recordsOutliveTheDaemonAndWhatItHadNotFinishedDoesNot() throws IOException {
    new FileAppRecords(directory).save(app(1));
    Path unfinished = Files.writeString(directory.resolve("app-2.json.new"), "{");
    FileAppRecords records = new FileAppRecords(directory);
    assertFalse(Files.exists(unfinished));
    assertEquals(Optional.of(app(1)), records.find("app-1"));
    records.delete("app-1");
    assertEquals(List.of(), records.all());
  }
}
