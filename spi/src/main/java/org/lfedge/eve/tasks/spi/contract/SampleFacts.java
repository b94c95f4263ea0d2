package org.lfedge.eve.tasks.spi.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** Answers to questions about a node that does not exist. */
final class SampleFacts {

  private static final List<String> CAPABILITIES =
      List.of("CAP_KILL", "CAP_SYS_ADMIN", "CAP_NET_BIND_SERVICE", "not a capability");

  private final SplittableRandom random;

  private SampleFacts(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Equal questions get equal answers. */
  static Fact answer(FactQuery query, long seed) {
    SampleFacts facts = new SampleFacts(seed ^ query.toString().hashCode());
    if (query instanceof FactQuery.JsonFile && facts.random.nextInt(10) > 0) {
      Object file = facts.random.nextInt(5) == 0 ? facts.json(3) : facts.runtimeSpec();
      return Fact.present(query, flatten(file));
    }
    if (query instanceof FactQuery.JarFile jar
        && (jar.path().isEmpty() || facts.random.nextInt(8) > 0)) {
      return Fact.present(query, facts.jar(jar));
    }
    return facts.random.nextInt(5) == 0 ? Fact.absent(query) : facts.device(query);
  }

  private Fact device(FactQuery query) {
    TreeMap<String, String> values = new TreeMap<>();
    if (query instanceof FactQuery.PciDevice pci) {
      put(values, "class", "0x0200" + pick("00", "80"));
      put(values, "vendor", "0x8086");
      put(values, "device", "0x1533");
      put(values, "driver", pick("vfio-pci", "igb"));
      put(values, "iommuGroup", Integer.toString(random.nextInt(40)));
      put(values, "iommuDevices", pick("", pci.address().replaceAll(".$", "7")));
      put(values, "numaNode", pick("-1", "1"));
    } else if (query instanceof FactQuery.UsbDevice) {
      int number = random.nextInt(1, 128);
      values.putAll(
          Map.of(
              "vendor", "0403",
              "product", "6001",
              "bus", "1",
              "device", Integer.toString(number),
              "node", String.format("/dev/bus/usb/001/%03d", number)));
    } else if (query instanceof FactQuery.HostDevice) {
      values.putAll(
          Map.of("type", pick("c", "b"), "major", "4", "minor", "" + random.nextInt(64, 96)));
    } else if (query instanceof FactQuery.DiskImage) {
      values.put("format", pick("raw", "qcow2"));
      values.put("bytes", Long.toString(random.nextLong(512, 1L << 44)));
    } else {
      return Fact.absent(query);
    }
    return Fact.present(query, values);
  }

  /** Like what JARs of applications say, with parts missing and parts odd. */
  private SortedMap<String, String> jar(FactQuery.JarFile query) {
    TreeMap<String, String> values = new TreeMap<>();
    put(values, "mainClass", pick("org.example.Main", "Main-Programm $1"));
    put(values, "classPath", pick("lib/a.jar lib/", pick("../a.jar", "a%20b.jar http://c/d.jar")));
    put(values, "startClass", "org.example.Start");
    put(values, "automaticModuleName", "org.example.app");
    put(values, "launcherAgent", "org.example.Agent");
    put(values, "multiRelease", "true");
    put(values, "module", "true");
    if (values.containsKey("mainClass") || query.mainClass().isPresent()) {
      put(values, "classVersion", pick("52", pick("61", "69")));
    }
    if (values.containsKey("startClass")) {
      put(values, "startClassVersion", pick("61", "65"));
    }
    put(values, "manifest", "Manifest-Version: 1.0\r\n");
    return values;
  }

  private void put(SortedMap<String, String> values, String key, String value) {
    if (random.nextInt(8) > 0) {
      values.put(key, value);
    }
  }

  private String pick(String one, String other) {
    return random.nextBoolean() ? one : other;
  }

  /** Like the {@code config.json} of an OCI bundle, with parts missing and parts odd. */
  private SortedMap<String, Object> runtimeSpec() {
    TreeMap<String, Object> process = new TreeMap<>();
    put(process, "args", List.of("/bin/sh", "-c", "echo $HOME \"quoted\""));
    put(process, "env", List.of("PATH=/bin", "TERM=xterm", "EMPTY="));
    put(process, "cwd", random.nextInt(10) == 0 ? "relative" : "/srv");
    put(process, "user", new TreeMap<>(Map.of("uid", random.nextInt(), "gid", 100)));
    put(process, "capabilities", new TreeMap<>(Map.of("bounding", capabilities())));
    TreeMap<String, Object> spec = new TreeMap<>();
    spec.put("ociVersion", "1.0.2");
    put(spec, "process", process);
    put(spec, "root", new TreeMap<>(Map.of("path", "rootfs", "readonly", random.nextBoolean())));
    put(spec, "annotations", new TreeMap<>(Map.of("a/b~c", "d")));
    return spec;
  }

  private List<String> capabilities() {
    return CAPABILITIES.subList(0, random.nextInt(10) == 0 ? CAPABILITIES.size() : 3);
  }

  private void put(SortedMap<String, Object> object, String key, Object value) {
    if (random.nextInt(8) > 0) {
      object.put(key, random.nextInt(30) == 0 ? json(2) : value);
    }
  }

  private Object json(int depth) {
    return switch (random.nextInt(depth > 0 ? 5 : 3)) {
      case 0 -> random.nextLong();
      case 1 -> random.nextBoolean();
      case 2 -> "text \"" + random.nextInt() + "\"\n";
      case 3 -> List.of(json(depth - 1), json(depth - 1));
      default -> new TreeMap<>(Map.of("args", json(depth - 1), "key/with~signs", json(depth - 1)));
    };
  }

  /** As {@link FactQuery.JsonFile} says: scalars under their pointers, the text under "". */
  private static SortedMap<String, String> flatten(Object value) {
    TreeMap<String, String> values = new TreeMap<>();
    flatten("", value, values);
    values.put("", text(value));
    return values;
  }

  private static void flatten(String pointer, Object value, SortedMap<String, String> values) {
    if (value instanceof Map<?, ?> object) {
      object.forEach(
          (key, item) -> {
            String name = key.toString().replace("~", "~0").replace("/", "~1");
            flatten(pointer + "/" + name, item, values);
          });
    } else if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        flatten(pointer + "/" + i, list.get(i), values);
      }
    } else {
      values.put(pointer, value.toString());
    }
  }

  private static String text(Object value) {
    if (value instanceof Map<?, ?> object) {
      List<String> members = new ArrayList<>();
      object.forEach((key, item) -> members.add(quote(key.toString()) + ":" + text(item)));
      return "{" + String.join(",", members) + "}";
    }
    if (value instanceof List<?> list) {
      return "[" + String.join(",", list.stream().map(SampleFacts::text).toList()) + "]";
    }
    return value instanceof String string ? quote(string) : value.toString();
  }

  private static String quote(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }
}
