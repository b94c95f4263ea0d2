package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Generated volumes, interfaces and devices of task documents, all of them valid together. */
final class MeansArbitraries {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private MeansArbitraries() {}

  /** {@code volumes:} of every kind. */
  static Arbitrary<ArrayNode> volumes() {
    Arbitrary<List<String>> targets =
        Arbitraries.of(
                "/data", "/data/in//", "//srv/./x", "/a b", "/ä", "/dev/shm", "/process", "/...")
            .list()
            .uniqueElements()
            .ofSize(4);
    Arbitrary<List<String>> names =
        Arbitraries.of("data", "a", "b-1.c", "0", "v" + "9".repeat(62))
            .list()
            .uniqueElements()
            .ofMaxSize(4);
    return Combinators.combine(
            names, targets, sources().list().ofSize(4), extras().list().ofSize(4))
        .as(MeansArbitraries::volumes);
  }

  private static ArrayNode volumes(
      List<String> names, List<String> targets, List<JsonNode> sources, List<Extras> extras) {
    ArrayNode volumes = JSON.arrayNode();
    boolean cloudInit = false;
    for (String name : names) {
      int i = volumes.size();
      Extras extra = extras.get(i);
      JsonNode source = sources.get(i);
      if (source.has("cloudInit") && cloudInit) {
        source = JSON.objectNode().put("blank", "1MiB");
      }
      cloudInit |= source.has("cloudInit");
      ObjectNode volume = volumes.addObject().put("name", name).set("source", source.deepCopy());
      if (!source.has("cloudInit")
          && (extra.targeted() || source.has("tmpfs") || source.has("network"))) {
        volume.put("target", targets.get(i));
      }
      extra.readOnly().ifPresent(flag -> volume.put("readOnly", flag));
      if (source.isTextual()) {
        extra.propagation().ifPresent(text -> volume.put("propagation", text));
      }
      if (source.has("blank") || source.has("image") || source.has("tmpfs")) {
        extra.owner().ifPresent(text -> volume.put("owner", text));
      }
    }
    return volumes;
  }

  private record Extras(
      boolean targeted,
      Optional<Boolean> readOnly,
      Optional<String> propagation,
      Optional<String> owner) {}

  private static Arbitrary<Extras> extras() {
    return Combinators.combine(
            Arbitraries.of(true, false),
            Arbitraries.of(true, false).optional(0.5),
            Arbitraries.of("private", "slave").optional(0.5),
            Arbitraries.of("0:0", "1000:100", "2147483647:00").optional(0.5))
        .as(Extras::new);
  }

  private static Arbitrary<JsonNode> sources() {
    Arbitrary<String> paths = Arbitraries.of("a", "/srv/x y", "../b//c", "/srv/disk.qcow2");
    return Arbitraries.oneOf(
        paths.map(JSON::textNode),
        Arbitraries.of("data", "task.data").map(name -> JSON.objectNode().put("volume", name)),
        Arbitraries.of("1MiB", "1.5GiB", "8192TiB")
            .map(size -> JSON.objectNode().put("blank", size)),
        Arbitraries.integers()
            .between(1 << 20, Integer.MAX_VALUE)
            .map(size -> JSON.objectNode().put("blank", size)),
        Arbitraries.of("web", "registry.example/web:1@sha256:" + "0".repeat(64))
            .map(name -> JSON.objectNode().put("image", name)),
        Combinators.combine(
                paths, Arbitraries.of("raw", "qcow2", "vmdk", "vhdx", "iso", "jar", "file"))
            .as((path, format) -> JSON.objectNode().put("file", path).put("format", format)),
        Arbitraries.of("4KiB", "16MiB").map(size -> JSON.objectNode().put("tmpfs", size)),
        Arbitraries.of("bn1", "Plant_2").map(name -> JSON.objectNode().put("network", name)),
        cloudInits().map(data -> JSON.objectNode().set("cloudInit", data)));
  }

  private static Arbitrary<ObjectNode> cloudInits() {
    Arbitrary<JsonNode> userData =
        Arbitraries.oneOf(
            TaskDocumentArbitraries.awkwardTexts().map(JSON::textNode),
            Arbitraries.of("user-data", "/srv/u")
                .map(path -> (JsonNode) JSON.objectNode().put("file", path)));
    Arbitrary<ObjectNode> metaData =
        Arbitraries.maps(
                Arbitraries.of("instance-id", "a.b", "_x"), TaskDocumentArbitraries.awkwardTexts())
            .map(
                map -> {
                  ObjectNode object = JSON.objectNode();
                  map.forEach(object::put);
                  return object;
                });
    return Combinators.combine(
            userData, metaData.optional(0.5), TaskDocumentArbitraries.awkwardTexts().optional(0.5))
        .as(
            (user, meta, network) -> {
              ObjectNode data = JSON.objectNode().set("userData", user);
              meta.ifPresent(object -> data.set("metaData", object));
              network.ifPresent(text -> data.put("networkConfig", text));
              return data;
            });
  }

  /** {@code interfaces:} with addresses of either kind, ports and rules. */
  static Arbitrary<ArrayNode> interfaces() {
    Arbitrary<ObjectNode> some =
        Combinators.combine(
                Arbitraries.of(
                        List.of("10.1.0.5/24"),
                        List.of("2001:DB8:0:0::5/64"),
                        List.of("::ffff:10.1.0.5/128", "192.168.0.1/16"),
                        List.<String>of())
                    .optional(0.5),
                Arbitraries.integers().between(1280, 65_535).optional(0.5),
                Arbitraries.of(List.of("10.1.0.1", "FD00::53"), List.<String>of()).optional(0.5),
                allows().optional(0.5))
            .as(
                (addresses, mtu, dns, allow) -> {
                  ObjectNode one = JSON.objectNode().put("network", "bn1");
                  addresses.ifPresent(texts -> texts.forEach(one.putArray("addresses")::add));
                  mtu.ifPresent(number -> one.put("mtu", number));
                  dns.ifPresent(texts -> texts.forEach(one.putArray("dns")::add));
                  allow.ifPresent(rules -> one.set("allow", rules));
                  return one;
                });
    Arbitrary<List<String>> names =
        Arbitraries.of("", "wan", "lan.100", "e", "\"'").list().uniqueElements().ofMaxSize(3);
    return Combinators.combine(
            names,
            some.list().ofSize(3),
            Arbitraries.of("02:16:3E:00:00:01", "0a-00-00-00-00-02", "feed").list().ofSize(3),
            ports().list().ofSize(3))
        .as(MeansArbitraries::interfaces);
  }

  private static ArrayNode interfaces(
      List<String> names, List<ObjectNode> others, List<String> macs, List<List<String>> ports) {
    ArrayNode interfaces = JSON.arrayNode();
    Set<String> taken = new TreeSet<>();
    for (String name : names) {
      int i = interfaces.size();
      ObjectNode one = interfaces.addObject();
      one.setAll(others.get(i).deepCopy());
      if (!name.isEmpty()) {
        one.put("name", name);
      }
      if (macs.get(i).length() == 17 && taken.add(macs.get(i))) {
        one.put("mac", macs.get(i));
      }
      List<String> own = ports.get(i).stream().filter(taken::add).toList();
      if (!own.isEmpty()) {
        own.forEach(one.putArray("ports")::add);
      }
    }
    return interfaces;
  }

  private static Arbitrary<List<String>> ports() {
    return Arbitraries.of(
            "8080:80",
            "8080:80/udp",
            "127.0.0.1:53:53/udp",
            "127.0.0.2:53:53/udp",
            "[::1]:53:53/udp",
            "[::]:443:443/tcp",
            "0.0.0.0:443:1",
            "65535:65535/tcp")
        .list()
        .uniqueElements()
        .ofMaxSize(4);
  }

  private static Arbitrary<ArrayNode> allows() {
    Arbitrary<ObjectNode> rules =
        Combinators.combine(
                Arbitraries.of("egress", "ingress"),
                Arbitraries.of("10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:DB8::/32").optional(0.5),
                Arbitraries.integers().between(1, 65_535).optional(0.5),
                Arbitraries.of("tcp", "udp"),
                Arbitraries.of(true, false))
            .as(
                (direction, cidr, port, protocol, named) -> {
                  ObjectNode rule = JSON.objectNode().put("direction", direction);
                  cidr.ifPresent(text -> rule.put("cidr", text));
                  port.ifPresent(number -> rule.put("port", number));
                  if (named || port.isPresent()) {
                    rule.put("protocol", protocol);
                  }
                  return rule;
                });
    return rules.list().ofMaxSize(3).map(list -> JSON.arrayNode().addAll(list));
  }

  /** {@code devices:} of every kind. */
  static Arbitrary<ArrayNode> devices() {
    return Arbitraries.of(
            "path /dev/ttyS0",
            "path /dev/net/tun",
            "path /dev/a b/..c",
            "cdi vendor.com/gpu=0",
            "cdi v/c=a:b",
            "pci 0000:03:00.0",
            "pci AF:1F.7",
            "usb 1-2.4",
            "nic enp3s0")
        .list()
        .uniqueElements()
        .ofMaxSize(4)
        .map(
            texts -> {
              ArrayNode devices = JSON.arrayNode();
              for (String text : texts) {
                int space = text.indexOf(' ');
                ObjectNode device =
                    devices.addObject().put(text.substring(0, space), text.substring(space + 1));
                if (text.equals("path /dev/net/tun")) {
                  device.put("access", "rwm");
                }
              }
              return devices;
            });
  }
}
