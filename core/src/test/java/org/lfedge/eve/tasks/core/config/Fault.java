package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * A way to break any valid document so that both the schema and the reader must refuse it.
 *
 * @param key what to set, dots between the levels
 * @param value what to set it to
 * @param path of the problem that the reader must report
 * @param code of that problem
 */
record Fault(String key, JsonNode value, String path, String code) {

  /** Key, value (in YAML), path of the problem where it is not the key, and its code. */
  private static final String TABLE =
      """
      version | 2 | | OUT_OF_RANGE
      version | "1" | | WRONG_TYPE
      version | | | WRONG_TYPE
      name | Web | | BAD_NAME
      name | a--b | | BAD_NAME
      name | a/b | | BAD_NAME
      name | -a | | BAD_NAME
      name | a. | | BAD_NAME
      name | "" | | BAD_NAME
      name | 7 | | WRONG_TYPE
      name | | | WRONG_TYPE
      displayName | "" | | BAD_VALUE
      displayName | "a\\tb" | | BAD_VALUE
      displayName | [a] | | WRONG_TYPE
      executor | Native | | BAD_NAME
      executor | a.b | | BAD_NAME
      executor | {} | | WRONG_TYPE
      root | | | WRONG_TYPE
      root | web | | WRONG_TYPE
      root | [] | | WRONG_TYPE
      root | {} | | MISSING
      root | {readOnly: true} | | MISSING
      root | {image: a, host: true} | | CONFLICT
      root | {layout: a, bundle: b} | | CONFLICT
      root | {image: ""} | root.image | BAD_VALUE
      root | {image: a b} | root.image | BAD_VALUE
      root | {image: "a@sha256:12"} | root.image | BAD_VALUE
      root | {image: 7} | root.image | WRONG_TYPE
      root | {layout: ""} | root.layout | BAD_VALUE
      root | {layout: "a\\0b"} | root.layout | BAD_VALUE
      root | {directory: 5} | root.directory | WRONG_TYPE
      root | {bundle: {}} | root.bundle | WRONG_TYPE
      root | {host: false} | root.host | BAD_VALUE
      root | {host: "true"} | root.host | WRONG_TYPE
      root | {host: true, readOnly: 1} | root.readOnly | WRONG_TYPE
      root | {imge: web} | root.imge | UNKNOWN_KEY
      root | {image: web, pull: sometimes} | root.pull | BAD_VALUE
      root | {layout: a, pull: always} | | CONFLICT
      root | {image: web, maxWritable: 0} | root.maxWritable | OUT_OF_RANGE
      root | {image: web, maxWritable: 1048575} | root.maxWritable | OUT_OF_RANGE
      root | {layout: a, maxWritable: true} | root.maxWritable | WRONG_TYPE
      root | {directory: a, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      root | {bundle: a, maxWritable: 1GiB, readOnly: false} | root.maxWritable | CONFLICT
      root | {host: true, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      root | {host: true, jar: a.jar} | root | CONFLICT
      root | {file: {source: a.qcow2}} | root.file.format | MISSING
      root | {file: {source: a, format: zip}} | root.file.format | BAD_VALUE
      root | {disk: {format: raw}} | root.disk.source | MISSING
      root | {disk: {source: a, format: jar}} | root.disk.format | BAD_VALUE
      root | {disk: {source: "", format: raw}} | root.disk.source | BAD_VALUE
      root | {disk: a.raw} | root.disk | WRONG_TYPE
      root | {jar: ""} | root.jar | BAD_VALUE
      root | {disk: {source: a, format: raw}, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      root | {jar: 7} | root.jar | WRONG_TYPE
      root | {jar: {}} | root.jar | MISSING
      root | {jar: {source: a.jar}} | root.jar.source | UNKNOWN_KEY
      root | {jar: {url: "https://a.example/b.jar"}} | root.jar.digest | MISSING
      root | {jar: {digest: "sha256:1"}} | root.jar | MISSING
      root | {jar: {url: "https://a.example/b.jar", digest: "sha256:12"}} | root.jar.digest | BAD_VALUE
      root | {jar: {url: "ftp://a.example/b.jar", digest: "sha256:12"}} | root.jar.url | BAD_VALUE
      root | {jar: {url: "https://me:secret@a.example/b.jar"}} | root.jar.url | BAD_VALUE
      root | {jar: {url: "https://a.example/b.jar?signed=1"}} | root.jar.url | BAD_VALUE
      root | {jar: {url: "https://a.example/a/../b.jar"}} | root.jar.url | BAD_VALUE
      root | {jar: {url: "https://a.example/a/%2e%2E/b.jar"}} | root.jar.url | BAD_VALUE
      root | {jar: {url: "https://a.example"}} | root.jar.url | BAD_VALUE
      root | {jar: {url: 7}} | root.jar.url | WRONG_TYPE
      root | {jar: {artifact: "a b"}} | root.jar.artifact | BAD_VALUE
      root | {jar: {artifact: "a:1", digest: "sha256:12"}} | root.jar.digest | BAD_VALUE
      root | {jar: {artifact: "a:1", url: "https://a.example/b"}} | root.jar | CONFLICT
      root | {disk: {artifact: "a:1", source: a, format: iso}} | root.disk | CONFLICT
      root | {disk: {artifact: "a:1"}} | root.disk.format | MISSING
      root | {disk: {artifact: "a:1", format: qcow2}} | root.readOnly | CONFLICT
      root | {file: {artifact: "a:1", format: file}, readOnly: false} | root.readOnly | CONFLICT
      root | {jar: a.jar, pull: always} | root | CONFLICT
      root | {jar: {url: "https://a.example/b"}, pull: always} | root | CONFLICT
      root | {jar: {artifact: "a:1"}, pull: sometimes} | root.pull | BAD_VALUE
      root | {jar: {artifact: "a:1"}, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      root | {jar: a, readOnly: true, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      root | {volume: Data} | root.volume | BAD_NAME
      root | {volume: [data]} | root.volume | WRONG_TYPE
      root | {volume: data, host: true} | root | CONFLICT
      root | {volume: data, pull: always} | root | CONFLICT
      root | {volume: data, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      root | {volume: data, readOnly: true, maxWritable: 1GiB} | root.maxWritable | CONFLICT
      command | nginx | | WRONG_TYPE
      command | {a: b} | | WRONG_TYPE
      command | [a, null] | command[1] | WRONG_TYPE
      command | [a, [b]] | command[1] | WRONG_TYPE
      command | [""] | command[0] | BAD_VALUE
      command | [a, "\\0"] | command[1] | BAD_VALUE
      user | "" | | BAD_VALUE
      user | "a b" | | BAD_VALUE
      user | "a:b:c" | | BAD_VALUE
      user | ":0" | | BAD_VALUE
      user | [0] | | WRONG_TYPE
      workingDir | "" | | BAD_VALUE
      workingDir | srv | | BAD_VALUE
      workingDir | 7 | | WRONG_TYPE
      env | [A=b] | | WRONG_TYPE
      env | {"": b} | env[""] | BAD_NAME
      env | {"A=": b} | env["A="] | BAD_NAME
      env | {A: } | env.A | WRONG_TYPE
      env | {A: [b]} | env.A | WRONG_TYPE
      env | {A: {}} | env.A.secret | MISSING
      env | {A: {secret: b}} | env.A.secret | WRONG_TYPE
      env | {A: {secret: {}}} | env.A.secret.file | MISSING
      env | {A: {secret: {file: ""}}} | env.A.secret.file | BAD_VALUE
      env | {A: {secret: {file: a, value: b}}} | env.A.secret.value | UNKNOWN_KEY
      env | {A: {secret: {file: a}, b: c}} | env.A.b | UNKNOWN_KEY
      env | {../a: {secret: {file: a}}} | env["../a"] | BAD_NAME
      init | "true" | | WRONG_TYPE
      init | 1 | | WRONG_TYPE
      init | | | WRONG_TYPE
      resources | | | WRONG_TYPE
      resources | [] | | WRONG_TYPE
      resources | {} | resources.memory | MISSING
      resources | {memry: 64MiB} | resources.memory | MISSING
      resources | {memry: 64MiB} | resources.memry | UNKNOWN_KEY
      resources.memory | 0 | | OUT_OF_RANGE
      resources.memory | -1 | | OUT_OF_RANGE
      resources.memory | 9007199254740993 | | OUT_OF_RANGE
      resources.memory | 99999999999999999999999 | | OUT_OF_RANGE
      resources.memory | 0MiB | | OUT_OF_RANGE
      resources.memory | 64Mi | | BAD_VALUE
      resources.memory | 64 MiB | | BAD_VALUE
      resources.memory | -64MiB | | BAD_VALUE
      resources.memory | "" | | BAD_VALUE
      resources.memory | 1.5 | | WRONG_TYPE
      resources.memory | true | | WRONG_TYPE
      resources.memory | | | WRONG_TYPE
      resources.cpus | 0 | | OUT_OF_RANGE
      resources.cpus | -0.5 | | OUT_OF_RANGE
      resources.cpus | 4097 | | OUT_OF_RANGE
      resources.cpus | 0.0015 | | OUT_OF_RANGE
      resources.cpus | "1" | | WRONG_TYPE
      resources.pin | 0 | | WRONG_TYPE
      resources.pin | [a] | resources.pin[0] | WRONG_TYPE
      resources.pin | [0.5] | resources.pin[0] | WRONG_TYPE
      resources.pin | [0, -1] | resources.pin[1] | OUT_OF_RANGE
      resources.pin | [4096] | resources.pin[0] | OUT_OF_RANGE
      resources.pin | [2, 3, 2] | resources.pin[2] | CONFLICT
      resources.tax | {} | resources.tax.memory | MISSING
      resources.tax | 64MiB | | WRONG_TYPE
      resources.tax | {memory: -1} | resources.tax.memory | OUT_OF_RANGE
      resources.tax | {memory: 1MiB, cpu: 1} | resources.tax.cpu | UNKNOWN_KEY
      stop | 10s | | WRONG_TYPE
      stop | {grace: 30} | stop.grace | WRONG_TYPE
      stop | {grace: "30"} | stop.grace | BAD_VALUE
      stop | {grace: ""} | stop.grace | BAD_VALUE
      stop | {grace: 1.5s} | stop.grace | BAD_VALUE
      stop | {signal: TERM} | stop.signal | UNKNOWN_KEY
      terminal | "true" | | WRONG_TYPE
      terminal | 1 | | WRONG_TYPE
      restart | always | | WRONG_TYPE
      restart | | | WRONG_TYPE
      restart | {policy: sometimes} | restart.policy | BAD_VALUE
      restart | {policy: Always} | restart.policy | BAD_VALUE
      restart | {policy: true} | restart.policy | WRONG_TYPE
      restart | {backoff: 1} | restart.backoff | WRONG_TYPE
      restart | {backoff: 1 s} | restart.backoff | BAD_VALUE
      restart | {backoff: 0s} | restart.backoff | OUT_OF_RANGE
      restart | {maxBackoff: 0ms} | restart.maxBackoff | OUT_OF_RANGE
      restart | {bootDelay: 90} | restart.bootDelay | WRONG_TYPE
      restart | {polic: never} | restart.polic | UNKNOWN_KEY
      health | [wget, localhost] | | WRONG_TYPE
      health | {} | | MISSING
      health | {interval: 10s} | | MISSING
      health | {exec: [a], tcp: 80} | | CONFLICT
      health | {http: "http://localhost/", tcp: 80} | | CONFLICT
      health | {exec: []} | health.exec | BAD_VALUE
      health | {exec: wget} | health.exec | WRONG_TYPE
      health | {exec: [""]} | health.exec[0] | BAD_VALUE
      health | {exec: [a, null]} | health.exec[1] | WRONG_TYPE
      health | {http: 80} | health.http | WRONG_TYPE
      health | {http: localhost} | health.http | BAD_VALUE
      health | {http: "localhost:80/"} | health.http | BAD_VALUE
      health | {http: "ftp://localhost/"} | health.http | BAD_VALUE
      health | {http: "http:///healthy"} | health.http | BAD_VALUE
      health | {http: "http://a:b@localhost/"} | health.http | BAD_VALUE
      health | {http: "http://localhost/#a"} | health.http | BAD_VALUE
      health | {http: "http://localhost/a b"} | health.http | BAD_VALUE
      health | {http: "http://localhost/\\nb"} | health.http | BAD_VALUE
      health | {http: "http://localhost/%2"} | health.http | BAD_VALUE
      health | {http: "http://localhost:x/"} | health.http | BAD_VALUE
      health | {tcp: 0} | health.tcp | OUT_OF_RANGE
      health | {tcp: 65536} | health.tcp | OUT_OF_RANGE
      health | {tcp: "80"} | health.tcp | WRONG_TYPE
      health | {tcp: 80.5} | health.tcp | WRONG_TYPE
      health | {tcp: 80, interval: 10} | health.interval | WRONG_TYPE
      health | {tcp: 80, interval: 0s} | health.interval | OUT_OF_RANGE
      health | {tcp: 80, timeout: 0s} | health.timeout | OUT_OF_RANGE
      health | {tcp: 80, retries: 0} | health.retries | OUT_OF_RANGE
      health | {tcp: 80, retries: 1001} | health.retries | OUT_OF_RANGE
      health | {tcp: 80, start: 1} | health.start | WRONG_TYPE
      health | {tcp: 80, retry: 1} | health.retry | UNKNOWN_KEY
      after | db | | WRONG_TYPE
      after | [db] | after[0] | WRONG_TYPE
      after | [{}] | after[0].task | MISSING
      after | [{on: healthy}] | after[0].task | MISSING
      after | [{task: DB}] | after[0].task | BAD_NAME
      after | [{task: ""}] | after[0].task | BAD_NAME
      after | [{task: db, on: ready}] | after[0].on | BAD_VALUE
      after | [{task: db, on: true}] | after[0].on | WRONG_TYPE
      after | [{task: db, is: healthy}] | after[0].is | UNKNOWN_KEY
      after | [{task: db}, {task: db}] | after[1].task | CONFLICT
      options | | | WRONG_TYPE
      options | [] | | WRONG_TYPE
      options | a | | WRONG_TYPE
      comand | [a] | | UNKNOWN_KEY
      services | {} | | UNKNOWN_KEY
      "a b" | c | ["a b"] | UNKNOWN_KEY
      tools | a b | | BAD_VALUE
      tools | {image: a} | | WRONG_TYPE
      volumes | data | | WRONG_TYPE
      volumes | | | WRONG_TYPE
      volumes | [data] | volumes[0] | WRONG_TYPE
      volumes | [{}] | volumes[0].name | MISSING
      volumes | [{name: a}] | volumes[0].source | MISSING
      volumes | [{source: a}] | volumes[0].name | MISSING
      volumes | [{name: A, source: a}] | volumes[0].name | BAD_NAME
      volumes | [{name: a, source: ""}] | volumes[0].source | BAD_VALUE
      volumes | [{name: a, source: 7}] | volumes[0].source | WRONG_TYPE
      volumes | [{name: a, source: {}}] | volumes[0].source | MISSING
      volumes | [{name: a, source: {blank: 1MiB, tmpfs: 1MiB}}] | volumes[0].source | CONFLICT
      volumes | [{name: a, source: {volum: b}}] | volumes[0].source.volum | UNKNOWN_KEY
      volumes | [{name: a, source: {volume: B}}] | volumes[0].source.volume | BAD_NAME
      volumes | [{name: a, source: {blank: 0}}] | volumes[0].source.blank | OUT_OF_RANGE
      volumes | [{name: a, source: {blank: 1048575}}] | volumes[0].source.blank | OUT_OF_RANGE
      volumes | [{name: a, source: {image: A B}}] | volumes[0].source.image | BAD_VALUE
      volumes | [{name: a, source: {file: a.qcow2}}] | volumes[0].source.format | MISSING
      volumes | [{name: a, source: {file: a, format: zip}}] | volumes[0].source.format | BAD_VALUE
      volumes | [{name: a, source: {blank: 1MiB, format: raw}}] | volumes[0].source.format | CONFLICT
      volumes | [{name: a, source: {tmpfs: 4095}, target: /a}] | volumes[0].source.tmpfs | OUT_OF_RANGE
      volumes | [{name: a, source: {network: .b}, target: /a}] | volumes[0].source.network | BAD_NAME
      volumes | [{name: a, source: {cloudInit: x}}] | volumes[0].source.cloudInit | WRONG_TYPE
      volumes | [{name: a, source: {cloudInit: {}}}] | volumes[0].source.cloudInit.userData | MISSING
      volumes | [{name: a, source: {cloudInit: {userData: 7}}}] | volumes[0].source.cloudInit.userData | WRONG_TYPE
      volumes | [{name: a, source: {cloudInit: {userData: {}}}}] | volumes[0].source.cloudInit.userData.file | MISSING
      volumes | [{name: a, source: {cloudInit: {userData: a, metaData: {a b: c}}}}] | volumes[0].source.cloudInit.metaData["a b"] | BAD_NAME
      volumes | [{name: a, source: {cloudInit: {userData: a, metaData: {a: [c]}}}}] | volumes[0].source.cloudInit.metaData.a | WRONG_TYPE
      volumes | [{name: a, source: {cloudInit: {userData: a, networkConfig: {}}}}] | volumes[0].source.cloudInit.networkConfig | WRONG_TYPE
      volumes | [{name: a, source: {cloudInit: {userData: a, vendorData: b}}}] | volumes[0].source.cloudInit.vendorData | UNKNOWN_KEY
      volumes | [{name: a, source: a, target: data}] | volumes[0].target | BAD_VALUE
      volumes | [{name: a, source: a, target: /}] | volumes[0].target | BAD_VALUE
      volumes | [{name: a, source: a, target: /./}] | volumes[0].target | BAD_VALUE
      volumes | [{name: a, source: a, target: /a/../b}] | volumes[0].target | BAD_VALUE
      volumes | [{name: a, source: a, target: /..}] | volumes[0].target | BAD_VALUE
      volumes | [{name: a, source: a, target: 7}] | volumes[0].target | WRONG_TYPE
      volumes | [{name: a, source: a, target: /proc}] | volumes[0].target | PROTECTED_TARGET
      volumes | [{name: a, source: a, target: //./sys/fs}] | volumes[0].target | PROTECTED_TARGET
      volumes | [{name: a, source: a, target: /run/secrets/a}] | volumes[0].target | PROTECTED_TARGET
      volumes | [{name: a, source: a, target: /run//task}] | volumes[0].target | PROTECTED_TARGET
      volumes | [{name: a, source: a, readOnly: "true"}] | volumes[0].readOnly | WRONG_TYPE
      volumes | [{name: a, source: a, propagation: shared}] | volumes[0].propagation | BAD_VALUE
      volumes | [{name: a, source: {blank: 1MiB}, owner: root}] | volumes[0].owner | BAD_VALUE
      volumes | [{name: a, source: {blank: 1MiB}, owner: 1000}] | volumes[0].owner | WRONG_TYPE
      volumes | [{name: a, source: a, mountPath: /a}] | volumes[0].mountPath | UNKNOWN_KEY
      interfaces | eth0 | | WRONG_TYPE
      interfaces | [eth0] | interfaces[0] | WRONG_TYPE
      interfaces | [{}] | interfaces[0].network | MISSING
      interfaces | [{network: ""}] | interfaces[0].network | BAD_NAME
      interfaces | [{network: a b}] | interfaces[0].network | BAD_NAME
      interfaces | [{network: a, name: lo}] | interfaces[0].name | BAD_NAME
      interfaces | [{network: a, name: a/b}] | interfaces[0].name | BAD_NAME
      interfaces | [{network: a, name: ".."}] | interfaces[0].name | BAD_NAME
      interfaces | [{network: a, name: -a}] | interfaces[0].name | BAD_NAME
      interfaces | [{network: a, name: eth%d}] | interfaces[0].name | BAD_NAME
      interfaces | [{network: a, name: a2345678901234567}] | interfaces[0].name | BAD_NAME
      interfaces | [{network: a, mac: "02:16:3e:00:00"}] | interfaces[0].mac | BAD_VALUE
      interfaces | [{network: a, mac: "02:16:3e:00-00-01"}] | interfaces[0].mac | BAD_VALUE
      interfaces | [{network: a, mac: "00:00:00:00:00:00"}] | interfaces[0].mac | BAD_VALUE
      interfaces | [{network: a, mac: "01:00:5e:00:00:01"}] | interfaces[0].mac | MAC_MULTICAST
      interfaces | [{network: a, mac: FF-FF-FF-FF-FF-FF}] | interfaces[0].mac | MAC_MULTICAST
      interfaces | [{network: a, addresses: 10.1.0.5/24}] | interfaces[0].addresses | WRONG_TYPE
      interfaces | [{network: a, addresses: [10.1.0.5]}] | interfaces[0].addresses[0] | BAD_VALUE
      interfaces | [{network: a, addresses: [localhost/8]}] | interfaces[0].addresses[0] | BAD_VALUE
      interfaces | [{network: a, addresses: ["fe80::1%eth0/64"]}] | interfaces[0].addresses[0] | BAD_VALUE
      interfaces | [{network: a, mtu: 67}] | interfaces[0].mtu | OUT_OF_RANGE
      interfaces | [{network: a, mtu: 65536}] | interfaces[0].mtu | OUT_OF_RANGE
      interfaces | [{network: a, mtu: "1500"}] | interfaces[0].mtu | WRONG_TYPE
      interfaces | [{network: a, dns: [ns.example]}] | interfaces[0].dns[0] | BAD_VALUE
      interfaces | [{network: a, dns: [10.1.0.1, 10.1.0.1]}] | interfaces[0].dns[1] | CONFLICT
      interfaces | [{network: a, ports: ["80"]}] | interfaces[0].ports[0] | BAD_VALUE
      interfaces | [{network: a, ports: [80]}] | interfaces[0].ports[0] | WRONG_TYPE
      interfaces | [{network: a, ports: ["8080:80/sctp"]}] | interfaces[0].ports[0] | BAD_VALUE
      interfaces | [{network: a, ports: ["0:80"]}] | interfaces[0].ports[0] | BAD_VALUE
      interfaces | [{network: a, ports: ["localhost:80:80"]}] | interfaces[0].ports[0] | BAD_VALUE
      interfaces | [{network: a, ports: ["::1:80:80"]}] | interfaces[0].ports[0] | BAD_VALUE
      interfaces | [{network: a, ports: ["80:80", "80:80"]}] | interfaces[0].ports[1] | CONFLICT
      interfaces | [{network: a, allow: [{}]}] | interfaces[0].allow[0].direction | MISSING
      interfaces | [{network: a, allow: [{direction: in}]}] | interfaces[0].allow[0].direction | BAD_VALUE
      interfaces | [{network: a, allow: [{direction: egress, cidr: 10.0.0.1}]}] | interfaces[0].allow[0].cidr | BAD_VALUE
      interfaces | [{network: a, allow: [{direction: egress, port: 0, protocol: tcp}]}] | interfaces[0].allow[0].port | OUT_OF_RANGE
      interfaces | [{network: a, allow: [{direction: egress, port: 443}]}] | interfaces[0].allow[0].protocol | MISSING
      interfaces | [{network: a, allow: [{direction: egress, protocol: icmp}]}] | interfaces[0].allow[0].protocol | BAD_VALUE
      interfaces | [{network: a, ip: 10.1.0.5}] | interfaces[0].ip | UNKNOWN_KEY
      devices | [/dev/ttyS0] | devices[0] | WRONG_TYPE
      devices | [{}] | devices[0] | MISSING
      devices | [{path: /dev/kvm, usb: 1-2}] | devices[0] | CONFLICT
      devices | [{path: /etc/passwd}] | devices[0].path | BAD_VALUE
      devices | [{path: /dev}] | devices[0].path | BAD_VALUE
      devices | [{path: /dev/../etc/passwd}] | devices[0].path | BAD_VALUE
      devices | [{path: /dev/kvm, access: x}] | devices[0].access | BAD_VALUE
      devices | [{path: /dev/kvm, access: ""}] | devices[0].access | BAD_VALUE
      devices | [{usb: 1-2, access: rw}] | devices[0].access | CONFLICT
      devices | [{cdi: gpu0}] | devices[0].cdi | BAD_VALUE
      devices | [{pci: "0000:03:20.0"}] | devices[0].pci | BAD_VALUE
      devices | [{usb: usb1}] | devices[0].usb | BAD_VALUE
      devices | [{nic: lo}] | devices[0].nic | BAD_NAME
      devices | [{path: /dev/kvm}, {path: /dev/kvm}] | devices[1] | CONFLICT
      ports | ["8080:80"] | | UNKNOWN_KEY
      """;

  static List<Fault> all() {
    List<Fault> faults = new ArrayList<>();
    TABLE.lines().forEach(line -> faults.add(of(line.split("\\|", -1))));
    return faults;
  }

  private static Fault of(String[] cells) {
    String key = cells[0].strip().replace("\"", "");
    String path = cells[2].strip();
    return new Fault(key, yaml(cells[1].strip()), path.isEmpty() ? key : path, cells[3].strip());
  }

  /** The part of a document that it breaks; faults in different parts do not touch each other. */
  String part() {
    return key.replaceAll("\\..*", "");
  }

  ObjectNode breakCopyOf(ObjectNode document) {
    ObjectNode broken = document.deepCopy();
    ObjectNode parent = broken;
    String[] keys = key.split("\\.", -1);
    for (int i = 0; i < keys.length - 1; i++) {
      parent = (ObjectNode) parent.get(keys[i]);
    }
    parent.set(keys[keys.length - 1], value);
    return broken;
  }

  private static JsonNode yaml(String text) {
    try {
      return new YAMLMapper().readTree("v: " + text).get("v");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the table holds what is not YAML: " + text, e);
    }
  }
}
