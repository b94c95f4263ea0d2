package org.lfedge.eve.tasks.core.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskMetrics;

class PrometheusEndpointTest {

  private static final SomeEvents EVENTS = new SomeEvents();

  private final List<SortedSet<String>> asked = new ArrayList<>();
  private final PrometheusEndpoint endpoint =
      serve(
          0,
          ids -> {
            asked.add(ids);
            return new TreeMap<>(Map.of("web", SomeTasks.USAGE));
          });

  private static PrometheusEndpoint serve(int port, TaskMetrics metrics) {
    return PrometheusEndpoint.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        new PrometheusEndpoint.Sources(
            () -> List.of(SomeTasks.stopped("db"), SomeTasks.running("web")),
            metrics,
            task -> task.equals("web") ? OptionalLong.of(40) : OptionalLong.empty(),
            EVENTS));
  }

  @AfterEach
  void end() {
    endpoint.close();
  }

  private static String scrape(PrometheusEndpoint endpoint) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + endpoint.port() + "/metrics");
    try (InputStream in = uri.toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void whatATaskUsesIsServedInBaseUnits() throws IOException {
    EVENTS.add(TaskEvent.Type.OOM_KILLED);
    String text = scrape(endpoint);
    for (String line :
        List.of(
            "taskmanager_containerd_up 1.0",
            "taskmanager_events_total{type=\"oom-killed\"} 1.0",
            "taskmanager_events_total{type=\"failed\"} 0.0",
            "taskmanager_task_restarts_total{task=\"web\"} 3.0",
            "taskmanager_tasks{state=\"RUNNING\"} 1.0",
            "taskmanager_tasks{state=\"STOPPED\"} 1.0",
            "taskmanager_tasks{state=\"FAILED\"} 0.0",
            "taskmanager_task_state{state=\"RUNNING\",task=\"web\"} 1.0",
            "taskmanager_task_state{state=\"STOPPED\",task=\"db\"} 1.0",
            "taskmanager_task_memory_limit_bytes{task=\"db\"} 2048.0",
            "taskmanager_task_memory_limit_bytes{task=\"web\"} 2048.0",
            "taskmanager_task_memory_hypervisor_bytes{task=\"web\"} 3000.0",
            "taskmanager_task_memory_usage_bytes{task=\"web\"} 1000.0",
            "taskmanager_task_memory_cache_bytes{task=\"web\"} 450.0",
            "taskmanager_task_tax_charged_bytes{task=\"web\"} 48.0",
            "taskmanager_task_tax_observed_bytes{task=\"web\"} 40.0",
            "taskmanager_task_cpu_seconds_total{task=\"web\"} 2.5",
            "taskmanager_task_cpu_throttled_periods_total{task=\"web\"} 3.0",
            "taskmanager_task_cpu_throttled_seconds_total{task=\"web\"} 0.75",
            "taskmanager_task_oom_kills_total{task=\"web\"} 4.0",
            "taskmanager_task_pids{task=\"web\"} 5.0",
            "taskmanager_task_io_read_bytes_total{task=\"web\"} 6.0",
            "taskmanager_task_io_written_bytes_total{task=\"web\"} 7.0")) {
      assertTrue(text.lines().anyMatch(line::equals), line + " is not in\n" + text);
    }
    assertFalse(text.contains("usage_bytes{task=\"db\"}"), "not counted is not shown");
    assertFalse(text.contains("observed_bytes{task=\"db\"}"), "not measured is not shown");
  }

  @Test
  void onlyAScrapeAsksAndOnlyForTasksThatRun() throws IOException {
    assertEquals(List.of(), asked);
    scrape(endpoint);
    assertEquals(List.of(new TreeSet<>(List.of("web"))), asked);
  }

  @Test
  void aScrapeWorksWhileContainerdDoesNot() throws IOException {
    TaskMetrics away =
        ids -> {
          throw TaskException.failed(Problem.host("CONTAINERD_UNAVAILABLE", "it is away"));
        };
    try (PrometheusEndpoint other = serve(0, away)) {
      String text = scrape(other);
      assertTrue(text.contains("taskmanager_containerd_up 0.0"), text);
      assertTrue(text.contains("taskmanager_task_state{state=\"RUNNING\",task=\"web\"} 1.0"), text);
    }
  }

  @Test
  void anAddressThatIsTakenIsSaidWithWhatToDo() {
    TaskException failure =
        assertThrows(
            TaskException.class, () -> serve(endpoint.port(), ids -> new TreeMap<>()).close());
    assertEquals("METRICS_NOT_SERVED", failure.first().code());
    assertTrue(failure.first().message().contains("metrics.listen"), failure.getMessage());
  }

  /** Name, type, labels and help of each metric, as the documentation has them. */
  @Test
  void theDocumentationNamesWhatIsServedAndNothingElse() throws IOException {
    List<String> documented = new ArrayList<>();
    Pattern row = Pattern.compile("\\| `([a-z_]+)` \\| (gauge|counter) \\|([^|]*)\\| (.*) \\|");
    for (String line : Files.readAllLines(Path.of("..", "docs", "metrics.md"))) {
      Matcher matcher = row.matcher(line);
      if (matcher.matches()) {
        List<String> labels =
            Pattern.compile("[a-z]+")
                .matcher(matcher.group(3))
                .results()
                .map(result -> result.group())
                .sorted()
                .toList();
        documented.add(
            String.join(
                " ", matcher.group(1), matcher.group(2), labels.toString(), matcher.group(4)));
      }
    }
    assertEquals(documented.stream().sorted().toList(), served(scrape(endpoint)));
  }

  private static List<String> served(String text) {
    SortedMap<String, String> helps = new TreeMap<>();
    SortedMap<String, String> types = new TreeMap<>();
    SortedMap<String, SortedSet<String>> labels = new TreeMap<>();
    for (String line : text.lines().toList()) {
      String[] words = line.split(" ", 4);
      if (line.startsWith("# HELP ")) {
        helps.put(words[2], words[3]);
      } else if (line.startsWith("# TYPE ")) {
        types.put(words[2], words[3]);
      } else {
        SortedSet<String> names = new TreeSet<>();
        Matcher label = Pattern.compile("([a-z]+)=\"").matcher(line);
        while (label.find()) {
          names.add(label.group(1));
        }
        labels.put(line.replaceAll("[{ ].*", ""), names);
      }
    }
    assertEquals(labels.keySet(), types.keySet());
    return types.keySet().stream()
        .map(
            name ->
                String.join(
                    " ", name, types.get(name), String.valueOf(labels.get(name)), helps.get(name)))
        .toList();
  }

  @Test
  void whatIsServedOfThisProcessIsTrue() throws IOException {
    String text = scrape(endpoint);
    assertTrue(value(text, "process_resident_memory_bytes") > 10 << 20, text);
    assertTrue(value(text, "process_threads") >= 2, text);
    assertTrue(value(text, "process_open_fds") > 3, text);
    assertTrue(value(text, "process_cpu_seconds_total") > 0, text);
    assertTrue(value(text, "process_start_time_seconds") > 1.7e9, text);
    assertTrue(
        value(text, "taskmanager_heap_used_bytes") <= value(text, "taskmanager_heap_max_bytes"));
  }

  private static double value(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }
}
