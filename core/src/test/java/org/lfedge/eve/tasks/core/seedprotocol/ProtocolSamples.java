package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import org.lfedge.eve.tasks.core.spec.SeedArbitraries;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

/** What is said to executors and what they say, of every shape. */
final class ProtocolSamples {

  /** An executor with an option of each type. */
  static final ExecutorInfo INFO =
      ExecutorInfo.builder("sample", "for tests: \"käse\" 日本語")
          .root(Root.Kind.FILE)
          .root(Root.Kind.NONE)
          .option(Option.optional("z text", Option.Type.STRING, ""))
          .option(Option.oneOf("gc", "which", List.of("serial", "g1", "")))
          .option(Option.required("count", Option.Type.INTEGER, "how many"))
          .option(Option.optional("heap", Option.Type.SIZE, "how large"))
          .option(Option.required("wait", Option.Type.DURATION, "how long"))
          .option(Option.optional("fast", Option.Type.BOOLEAN, "whether"))
          .option(Option.optional("flags", Option.Type.STRING_LIST, "which"))
          .option(Option.optional("platform", Option.Type.PLATFORM, "what for"))
          .build();

  /** One of everything that a seed can hold. */
  static final Seed FULL_SEED =
      seed(
          """
          {"base": "tools", "readOnly": true,
           "process": {"args": ["/bin/anchor"], "env": ["A=b"], "cwd": "/srv",
             "user": {"uid": 1, "gid": 2, "additionalGids": [3]},
             "capabilities": ["CAP_KILL"], "init": true},
           "mounts": [
             {"source": {"tmpfs": {"bytes": 4096}}, "target": "/1"},
             {"source": {"host": {"path": "/srv"}}, "target": "/2", "readOnly": true},
             {"source": {"volume": {"name": "data", "view": "iso9660"}}, "target": "/3"},
             {"source": {"root": {"view": "block"}}, "target": "/4"},
             {"source": {"state": {"name": "vars", "maxBytes": 1048576}}, "target": "/5"},
             {"source": {"runtimeDirectory": {"maxBytes": 65536}}, "target": "/6"},
             {"source": {"namespace": {"name": "network"}}, "target": "/7"}],
           "files": [{"target": "/f", "content": "AP8=", "mode": 420}],
           "devices": [{"node": {"path": "/dev/kvm"}}, {"cdi": {"name": "a/b=c"}},
             {"pci": {"address": "0000:03:00.0"}}, {"usb": {"id": "1-2"}}, {"nic": {"name": "e"}}],
           "attachments": [{"interface": "eth0", "tap": "tap0", "ownerUid": 7, "join": "bridge"},
             {"interface": "eth1", "tap": "br1", "join": "redirect", "form": "bridge"}],
           "binaryFormats": [{"name": "arm64", "magic": "7f454c46", "mask": "ffffff00",
             "interpreter": "/emulator"}],
           "shared": ["pid", "network"],
           "memory": "hypervisor",
           "tax": {"parts": [{"name": "heap", "pool": "cgroup", "bytes": 1, "why": "it"}],
             "milliCpus": 5, "measurement": {"allBut": {"mapping": "/memfd:ram"}}},
           "stop": [{"signal": {"name": "SIGTERM", "graceMillis": 1}},
             {"exec": {"args": ["/off"], "graceMillis": 2}}],
           "exits": [{"codeIn": {"file": "code"}},
             {"meaning": {"code": 3, "file": {"name": "log", "contains": "panic"},
               "outcome": "out_of_memory", "text": "the guest died"}}],
           "console": ["/console"], "cleanup": ["/clear", "away"], "annotations": {"a": "b"},
           "oci": {"process": {"oomScoreAdj": 5}}}
          """);

  private ProtocolSamples() {}

  private static Seed seed(String json) {
    try {
      return SeedCodec.fromJson(new ObjectMapper().readTree(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Any text that Java has, half of a surrogate pair included. */
  static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        SeedArbitraries.texts(),
        Arbitraries.of("\0", "a\ud800", "\udc00b", "\u2028", "</script>", "x".repeat(5000)),
        Arbitraries.strings().ofMaxLength(10));
  }

  /** Texts without halves of surrogate pairs: JSON readers, ours too, refuse these in keys. */
  private static Arbitrary<String> keys() {
    return texts().filter(text -> text.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff));
  }

  static Arbitrary<FactQuery> queries() {
    return Arbitraries.oneOf(
        texts()
            .map(text -> "a/" + text.replace("..", "") + "/b")
            .<FactQuery>map(FactQuery.JsonFile::new),
        Arbitraries.of("0000:03:00.0", "ffff:ff:1f.7").map(FactQuery.PciDevice::new),
        Arbitraries.of("1-2", "3-1.4.2").map(FactQuery.UsbDevice::new),
        texts().optional().map(FactQuery.DiskImage::new),
        Arbitraries.of("/dev/kvm", "/dev/ä b").map(FactQuery.HostDevice::new),
        Combinators.combine(
                Arbitraries.of("app.jar", "lib/ä b.jar").optional(),
                Arbitraries.of("Main", "org.example.Größe$1").optional())
            .as(FactQuery.JarFile::new));
  }

  static Arbitrary<Fact> facts() {
    return Combinators.combine(
            queries(), Arbitraries.of(true, false), Arbitraries.maps(keys(), texts()).ofMaxSize(3))
        .as((query, present, values) -> present ? Fact.present(query, values) : Fact.absent(query));
  }

  static Arbitrary<SeedRequest> requests() {
    return Combinators.combine(Arbitraries.of(Root.Kind.class), Arbitraries.longs())
        .as((kind, seed) -> SampleRequests.of(INFO, kind, seed));
  }

  static Arbitrary<Call> calls() {
    return Arbitraries.oneOf(
        Arbitraries.just(new Call.Describe()),
        Combinators.combine(requests(), facts().list().ofMaxSize(4))
            .as((request, known) -> new Call.Ask(request.task(), known)),
        Combinators.combine(requests(), queries().list().ofMaxSize(4)).as(Call.MakeSeed::new));
  }

  static Arbitrary<ExecutorInfo> infos() {
    Arbitrary<String> names =
        texts().filter(text -> !text.isBlank()).map(text -> text.replace('.', '_'));
    Arbitrary<Option> options =
        Arbitraries.oneOf(
            Combinators.combine(names, Arbitraries.of(Option.Type.class), texts())
                .as(Option::optional),
            Combinators.combine(names, Arbitraries.of(Option.Type.class), texts())
                .as(Option::required),
            Combinators.combine(names, texts(), texts().list().ofMinSize(1).ofMaxSize(3))
                .as(Option::oneOf));
    return Combinators.combine(
            Arbitraries.of("a", "native-container", "x".repeat(63)),
            texts(),
            Arbitraries.of(Root.Kind.class).set(),
            options
                .list()
                .uniqueElements(Option::name)
                .ofMaxSize(4)
                .filter(
                    some ->
                        some.stream().filter(o -> o.type() == Option.Type.PLATFORM).count() <= 1))
        .as(
            (name, summary, kinds, declared) -> {
              ExecutorInfo.Builder info = ExecutorInfo.builder(name, summary);
              kinds.forEach(info::root);
              declared.forEach(info::option);
              return info.build();
            });
  }

  static Arbitrary<Answer> answers() {
    Arbitrary<Seed> seeds =
        Arbitraries.oneOf(SeedArbitraries.seedsWithVolumes(), Arbitraries.just(FULL_SEED));
    return Arbitraries.oneOf(
        infos().map(Answer.Description::new),
        queries().list().ofMaxSize(5).map(Answer.Questions::new),
        seeds.map(Answer.Made::new),
        Combinators.combine(
                Arbitraries.of("A", "NO_MAIN_CLASS", "X".repeat(64)),
                texts(),
                texts().filter(text -> !text.isBlank()))
            .as(Answer.Refusal::new));
  }
}
