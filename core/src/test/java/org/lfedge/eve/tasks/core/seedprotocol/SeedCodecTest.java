package org.lfedge.eve.tasks.core.seedprotocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.spec.SeedArbitraries;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.View;

class SeedCodecTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Provide
  Arbitrary<Seed> seeds() {
    return SeedArbitraries.seedsWithVolumes();
  }

  @Property
  void readingWhatWasWrittenGivesAnEqualSeed(@ForAll("seeds") Seed seed)
      throws JsonProcessingException {
    byte[] bytes = MAPPER.writeValueAsBytes(SeedCodec.toJson(seed));
    Seed read = SeedCodec.fromJson(read(new String(bytes, UTF_8)));
    assertEquals(seed, read);
    assertEquals(seed.stop(), read.stop());
    assertArrayEquals(bytes, MAPPER.writeValueAsBytes(SeedCodec.toJson(read)));
  }

  /** Every object of the format refuses a key that it does not know, and names it. */
  @Property
  void unknownKeysAreRefusedWhereverTheyAre(@ForAll("seeds") Seed seed, @ForAll("picks") int pick) {
    ObjectNode json = SeedCodec.toJson(seed);
    List<ObjectNode> objects =
        Stream.concat(json.findParents("target").stream(), json.findParents("ownerUid").stream())
            .filter(ObjectNode.class::isInstance)
            .map(ObjectNode.class::cast)
            .collect(Collectors.toCollection(ArrayList::new));
    objects.add(json);
    objects.add((ObjectNode) json.get("process"));
    objects.add((ObjectNode) json.at("/process/user"));
    objects.add((ObjectNode) json.get("tax"));
    objects.get(pick % objects.size()).put("argz", 1);
    TaskException refusal = assertThrows(TaskException.class, () -> SeedCodec.fromJson(json));
    assertEquals("SEED_INVALID", refusal.first().code());
    assertTrue(refusal.first().message().contains("argz is not known"), refusal.first().message());
  }

  @Provide
  Arbitrary<Integer> picks() {
    return Arbitraries.integers().between(0, 1000);
  }

  /** Whatever stands in place of a value, it is a seed or an error of ours with a path. */
  @Property
  void wrongValuesAreRefusedWithAPath(@ForAll("seeds") Seed seed, @ForAll("wrong") String wrong)
      throws JsonProcessingException {
    ObjectNode json = SeedCodec.toJson(seed);
    for (String key :
        List.of(
            "base",
            "process",
            "mounts",
            "files",
            "devices",
            "attachments",
            "binaryFormats",
            "shared",
            "memory",
            "tax",
            "stop",
            "cleanup")) {
      ObjectNode broken = json.deepCopy();
      broken.set(key, read(wrong));
      TaskException refusal = assertThrows(TaskException.class, () -> SeedCodec.fromJson(broken));
      assertTrue(refusal.first().message().contains(key), refusal.first().message());
    }
  }

  @Provide
  Arbitrary<String> wrong() {
    return Arbitraries.of("1", "true", "\"x\"", "[null]", "[[]]", "[{}]", "{\"x\":1}", "1e99");
  }

  @Test
  void aHandWrittenSeedIsRead() throws JsonProcessingException {
    Seed seed =
        SeedCodec.fromJson(
            read(
                """
                {"base": "task", "readOnly": true,
                 "process": {"args": ["/bin/server", "-v"]},
                 "mounts": [{"source": {"tmpfs": {"bytes": 4096}}, "target": "/tmp"},
                   {"source": {"volume": {"name": "data", "view": "iso9660"}}, "target": "/data"}],
                 "devices": [{"node": {"path": "/dev/kvm"}}, {"pci": {"address": "0000:03:00.0"}}],
                 "attachments": [{"interface": "eth0", "tap": "tap0", "join": "redirect"},
                   {"interface": "eth1", "tap": "guest1", "join": "bridge", "form": "bridge"}],
                 "stop": [{"signal": {"name": "SIGTERM", "graceMillis": 30000}}],
                 "oci": {"process": {"oomScoreAdj": 500}}}
                """));
    Seed expected =
        Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/bin/server", "-v")).build())
            .mount(new Mount(new Source.Tmpfs(4096), "/tmp", false))
            .mount(new Mount(new Source.OfVolume("data", View.ISO9660), "/data", false))
            .device(new DeviceRequest.Node("/dev/kvm", "rw"))
            .device(new DeviceRequest.Pci("0000:03:00.0"))
            .attachment(new Attachment("eth0", "tap0", 0, Join.REDIRECT))
            .attachment(new Attachment("eth1", "guest1", 0, Join.BRIDGE, Attachment.Form.BRIDGE))
            .stop(StopPlan.signal("SIGTERM", Duration.ofSeconds(30)))
            .oci("{\"process\":{\"oomScoreAdj\":500}}")
            .build();
    assertEquals(expected, seed);
    assertEquals(Optional.empty(), seed.process().capabilities());
  }

  /** So that an earlier version can read the records of tasks that have none of this. */
  @Test
  void aSeedWithoutAttachmentsLooksAsItDidBefore() {
    Seed seed =
        Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/bin/server")).build())
            .build();
    assertEquals(
        "{\"base\":\"task\",\"readOnly\":true,\"process\":{\"args\":[\"/bin/server\"],\"env\":[],"
            + "\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0,\"additionalGids\":[]},\"init\":false},"
            + "\"mounts\":[],\"files\":[],\"shared\":[],\"tax\":{\"parts\":[],\"milliCpus\":0},"
            + "\"stop\":[],\"annotations\":{}}",
        SeedCodec.toJson(seed).toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'process':{'args':['/x']}}                              | base is missing",
        "{'base':'moon','process':{'args':['/x']}}                | base must be one of task, tools, host",
        "{'base':'task','process':{'args':[]}}                    | process an anchor needs",
        "{'base':'task','process':{'args':['/x',1]}}              | process.args[1] must be a string",
        "{'base':'task','process':{'args':['/x'],'user':{'uid':-1,'gid':0}}} | process.user ids must",
        "{'base':'task','process':{'args':['/x']},'files':[{'target':'/f','content':'*','mode':0}]}"
            + "| files[0].content must be base64",
        "{'base':'task','process':{'args':['/x']},'mounts':[{'source':{'disk':{}},'target':'/'}]}"
            + "| mounts[0].source.disk is not a source",
        "{'base':'task','process':{'args':['/x']},'mounts':[{'source':{'namespace':{'name':'user'}},"
            + "'target':'/a'}]} | mounts[0].source.namespace.name must be one of pid, ipc, uts,",
        "{'base':'task','process':{'args':['/x']},'mounts':[{'source':{'volume':{'name':'a'}},"
            + "'target':'/a'}]} | mounts[0].source.volume.view is missing",
        "{'base':'task','process':{'args':['/x']},'mounts':[{'source':{'volume':{'name':'a',"
            + "'view':'disk'}},'target':'/a'}]} | view must be one of filesystem, file, block, iso9660",
        "{'base':'task','process':{'args':['/x']},'attachments':[{'interface':'eth0','tap':'a b',"
            + "'join':'bridge'}]} | attachments[0] not a name for a tap",
        "{'base':'task','process':{'args':['/x']},'attachments':[{'interface':'eth0','tap':'tap0',"
            + "'join':'route'}]} | attachments[0].join must be one of redirect, bridge",
        "{'base':'task','process':{'args':['/x']},'attachments':[{'interface':'eth0','tap':'tap0',"
            + "'join':'bridge','form':'macvtap'}]} | attachments[0].form must be one of tap, bridge",
        "{'base':'task','process':{'args':['/x']},'attachments':[{'interface':'eth0','tap':'tap0',"
            + "'join':'bridge','ownerUid':7,'form':'bridge'}]} | attachments[0] a bridge has no owner",
        "{'base':'task','process':{'args':['/x']},'tax':{'parts':[],'measurement':{'guess':{}}}}"
            + "| tax.measurement.guess is not a measurement",
        "{'base':'task','process':{'args':['/x']},'tax':{'parts':[],'measurement':{'ofAnchor':1}}}"
            + "| tax.measurement.ofAnchor must be an object",
        "{'base':'task','process':{'args':['/x']},'tax':{'parts':[],"
            + "'measurement':{'allBut':{'mapping':' '}}}} | tax.measurement.allBut not the name",
        "{'base':'task','process':{'args':['/x']},'stop':[{'signal':{'name':'TERM','graceMillis':1}}]}"
            + "| stop[0].signal not the name",
        "{'base':'task','process':{'args':['/x']},'stop':[{'signal':{'name':'SIGTERM',"
            + "'graceMillis':9223372036854775807}}]} | stop[0].signal grace must be",
      })
  void errorsNameThePlace(String json, String expected) throws JsonProcessingException {
    JsonNode tree = read(json.replace('\'', '"'));
    TaskException refusal = assertThrows(TaskException.class, () -> SeedCodec.fromJson(tree));
    assertTrue(refusal.first().message().contains(expected), refusal.first().message());
  }

  private static JsonNode read(String json) throws JsonProcessingException {
    return MAPPER.readTree(json);
  }
}
