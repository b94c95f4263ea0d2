package org.lfedge.eve.tasks.core.spec;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Generates OCI merge patches as vendors, bundles and attackers might write them. */
final class PatchArbitraries {

  /** Well-formed values for places in a spec, nearly all of which ask for too much. */
  private static final Map<String, List<String>> TOP =
      Map.of(
          "ociVersion", List.of("\"1.0.2\"", "null"),
          "hostname", List.of("\"node\"", "null"),
          "hooks",
              List.of(
                  "{\"prestart\":[{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"reboot\"]}]}",
                  "{}"),
          "root",
              List.of("{\"path\":\"/\",\"readonly\":false}", "null", "{\"path\":\"/etc\",\"x\":1}"),
          "annotations",
              List.of(
                  "{\"org.systemd.property.ExecStart\":\"x\",\"maintainer\":\"me\"}",
                  "{\"bundle\":\"/etc\"}",
                  "null"),
          "vm", List.of("{\"kernel\":{\"path\":\"/vmlinuz\"}}"),
          "windows", List.of("{\"layerFolders\":[\"x\"]}"),
          "domainname", List.of("\"node\""),
          "x\\u0000\\ny", List.of("{\"a\":[1,null,{\"b\":null}]}"));

  private static final Map<String, List<String>> PROCESS =
      Map.ofEntries(
          Map.entry("args", List.of("[\"/evil\"]", "null", "[]")),
          Map.entry("env", List.of("[\"LD_PRELOAD=/evil.so\"]", "null")),
          Map.entry("cwd", List.of("\"/evil\"", "\"../..\"")),
          Map.entry("terminal", List.of("true", "false", "null")),
          Map.entry("consoleSize", List.of("{\"height\":1,\"width\":1}")),
          Map.entry(
              "user",
              List.of(
                  "{\"uid\":0,\"gid\":0,\"umask\":18}",
                  "{\"uid\":1,\"umask\":-1,\"username\":\"x\"}",
                  "null")),
          Map.entry("noNewPrivileges", List.of("false", "null", "true")),
          Map.entry("apparmorProfile", List.of("\"unconfined\"")),
          Map.entry("selinuxLabel", List.of("\"system_u:system_r:spc_t:s0\"")),
          Map.entry("oomScoreAdj", List.of("-1000", "0", "500", "1001", "null")),
          Map.entry("scheduler", List.of("{\"policy\":\"SCHED_FIFO\",\"priority\":99}")),
          Map.entry("ioPriority", List.of("{\"class\":\"IOPRIO_CLASS_RT\"}")),
          Map.entry(
              "rlimits",
              List.of(
                  "[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}]",
                  "[{\"type\":\"RLIMIT_CORE\",\"hard\":18446744073709551615,\"soft\":0}]",
                  "[{\"type\":\"RLIMIT_NICE\",\"hard\":40,\"soft\":40},"
                      + "{\"type\":\"RLIMIT_CORE\",\"hard\":0,\"soft\":0},"
                      + "{\"type\":\"RLIMIT_CORE\",\"hard\":1,\"soft\":-1}]")),
          Map.entry(
              "capabilities",
              List.of(
                  "{\"bounding\":[\"CAP_SYS_ADMIN\",\"CAP_KILL\"],"
                      + "\"effective\":[\"CAP_SYS_ADMIN\"],\"permitted\":[\"CAP_SYS_ADMIN\"],"
                      + "\"ambient\":[\"CAP_SYS_ADMIN\"]}",
                  "{\"inheritable\":[\"CAP_CHOWN\",\"CAP_SYS_MODULE\"],"
                      + "\"ambient\":[\"CAP_CHOWN\",\"CAP_CHOWN\"]}",
                  "null",
                  "{\"bounding\":null,\"future\":[\"CAP_SYS_ADMIN\"]}")));

  private static final Map<String, List<String>> LINUX =
      Map.ofEntries(
          Map.entry(
              "namespaces",
              List.of(
                  "[]",
                  "null",
                  "[{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"},{\"type\":\"user\"}]",
                  "[{\"type\":\"time\"},{\"type\":\"network\"},{\"type\":\"mount\"}]")),
          Map.entry("cgroupsPath", List.of("\"/\"", "\"../../system.slice\"")),
          Map.entry(
              "devices",
              List.of("[{\"path\":\"/dev/sda\",\"type\":\"b\",\"major\":8,\"minor\":0}]")),
          Map.entry("uidMappings", List.of("[{\"containerID\":0,\"hostID\":0,\"size\":1}]")),
          Map.entry("gidMappings", List.of("[{\"containerID\":0,\"hostID\":0,\"size\":1}]")),
          Map.entry("rootfsPropagation", List.of("\"shared\"")),
          Map.entry("mountLabel", List.of("\"x\"")),
          Map.entry("intelRdt", List.of("{\"closID\":\"x\"}")),
          Map.entry("personality", List.of("{\"domain\":\"LINUX32\"}")),
          Map.entry("timeOffsets", List.of("{\"boottime\":{\"secs\":1}}")),
          Map.entry("seccomp", List.of("null", "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}")),
          Map.entry("maskedPaths", List.of("[]", "null", "[\"/proc/kcore\",\"/x\",\"../y\"]")),
          Map.entry("readonlyPaths", List.of("[]", "null", "[\"/proc/sys\",\"/x\"]")),
          Map.entry(
              "sysctl",
              List.of(
                  "{\"kernel.core_pattern\":\"|/evil\",\"net.ipv4.ip_forward\":\"1\"}",
                  "{\"net.ipv4.tcp_syncookies\":\"1\",\"kernel.shm_rmid_forced\":\"x;y\"}",
                  "{\"net.ipv4.ip_unprivileged_port_start\":\"0\"}")),
          Map.entry(
              "resources",
              List.of(
                  "{\"devices\":[{\"allow\":true,\"access\":\"rwm\"}]}",
                  "{\"memory\":{\"limit\":-1,\"disableOOMKiller\":true},\"pids\":{\"limit\":0}}",
                  "{\"cpu\":{\"quota\":-1,\"cpus\":\"0-7\"},\"pids\":{\"limit\":7}}",
                  "{\"unified\":{\"memory.max\":\"max\"},\"devices\":[{\"allow\":false}]}",
                  "null")));

  private static final List<String> MOUNTS =
      List.of(
          mount("/host", "bind", "/", "[\"rbind\",\"rw\",\"dev\",\"suid\"]"),
          mount("/x", "none", "/srv/data/y", "[\"bind\",\"ro\"]"),
          mount("/x/../..", "bind", "/srv", "[\"bind\"]"),
          mount("x", "tmpfs", "tmpfs", "[]"),
          mount("/x", "tmpfs", "tmpfs", "[\"size=1m\",\"suid\",\"dev\",\"mode=0700\"]"),
          mount("/proc", "proc", "proc", "[]"),
          mount("/proc/", "bind", "/srv", "[\"bind\"]"),
          mount("/dev", "bind", "/srv/dev", "[\"bind\"]"),
          mount("/dev/shm", "tmpfs", "shm", "[\"nosuid\",\"size=1g\"]"),
          mount("/sys", "sysfs", "sysfs", "[\"rw\"]"),
          mount("/sys/fs/cgroup", "cgroup", "cgroup", "[\"rw\"]"),
          mount("/other", "sysfs", "sysfs", "[\"rw\"]"),
          mount("/other", "overlay", "overlay", "[\"lowerdir=/etc\"]"),
          mount("/dev/task-init", "bind", "/srv/evil", "[\"bind\"]"),
          mount("/run/secrets", "tmpfs", "tmpfs", "[]"),
          "{\"destination\":\"/y\",\"type\":\"tmpfs\",\"uidMappings\":[]}",
          "{\"destination\":null}",
          "{}");

  /** Values of the wrong type, where any value may stand. */
  private static final List<String> WRONG =
      List.of("1", "\"x\"", "true", "[]", "[null]", "{\"a\":{}}", "[[1]]", "-1e400", "1.5");

  private PatchArbitraries() {}

  private static String mount(String target, String type, String source, String options) {
    return "{\"destination\":\"%s\",\"type\":\"%s\",\"source\":\"%s\",\"options\":%s}"
        .formatted(target, type, source, options);
  }

  /**
   * JSON texts; most are patches of the right form, some have wrong types, a few are no objects.
   */
  static Arbitrary<String> patches() {
    Arbitrary<String> sound =
        Combinators.combine(members(TOP), members(PROCESS), members(LINUX), mounts())
            .as(
                (top, process, linux, mounts) ->
                    object(
                        top,
                        mounts,
                        process.isEmpty() ? "" : "\"process\":" + object(process),
                        linux.isEmpty() ? "" : "\"linux\":" + object(linux)));
    Arbitrary<String> key =
        Arbitraries.of("process", "linux", "mounts", "root", "hostname", "annotations", "new");
    Arbitrary<String> wrong =
        Combinators.combine(key, Arbitraries.of(WRONG))
            .as((name, value) -> object(pair(name, value)));
    Arbitrary<String> none =
        Arbitraries.of(
            "[]", "null", "1", "", "{", "{}{}", "{\"a\":1,\"a\":2}", "[".repeat(100_000));
    return Arbitraries.frequencyOf(
        Tuple.of(16, sound),
        Tuple.of(1, Arbitraries.of("{\"process\":null}", "{\"linux\":null}", "{}")),
        Tuple.of(2, wrong),
        Tuple.of(1, none));
  }

  private static Arbitrary<String> mounts() {
    return Arbitraries.of(MOUNTS)
        .list()
        .ofMaxSize(5)
        .map(items -> items.isEmpty() ? "" : "\"mounts\":[" + String.join(",", items) + "]");
  }

  private static Arbitrary<String> members(Map<String, List<String>> values) {
    List<String> keys = values.keySet().stream().sorted().toList();
    return Arbitraries.of(keys)
        .set()
        .ofMaxSize(4)
        .flatMap(
            chosen ->
                chosen.stream()
                    .sorted()
                    .map(
                        key ->
                            Arbitraries.of(values.getOrDefault(key, List.of()))
                                .map(value -> pair(key, value)))
                    .reduce(
                        Arbitraries.just(""),
                        (left, right) ->
                            Combinators.combine(left, right)
                                .as((a, b) -> a.isEmpty() ? b : a + "," + b)));
  }

  private static String pair(String key, String value) {
    return "\"" + key + "\":" + value;
  }

  private static String object(String... members) {
    return List.of(members).stream()
        .filter(member -> !member.isEmpty())
        .collect(Collectors.joining(",", "{", "}"));
  }
}
