package org.lfedge.eve.tasks.core.eve;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Domains in the form in which EVE writes them. */
class DomainConfigsTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final NodeRules RULES = new NodeRules(NodeRules.usual(false), 4);
  private static final String CONTAINER = "0f6f3a4e-2a77-4b1c-9d3e-8a5b6c7d8e9f";
  private static final String MACHINE = "1a2b3c4d-5e6f-4a7b-8c9d-0e1f2a3b4c5d";
  private static final String VOLUMES = "/persist/vault/volumes/";
  private static final String IMAGE_CONFIG =
      VOLUMES + "11111111-2222-4333-8444-555555555555#0.container/image-config.json";
  private static final String IMAGE =
      """
      {"architecture": "amd64", "os": "linux", "config": {"User": "www", "WorkingDir": "/srv",
       "Env": ["PATH=/bin", "FROM=image", "EMPTY="], "Entrypoint": ["/bin/web"],
       "Cmd": ["-p", "80"]}, "rootfs": {"type": "layers", "diff_ids": []}}
      """;

  private static byte[] file(String name) throws IOException {
    try (InputStream in = DomainConfigsTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static DomainConfig changed(String name, String key, String field, Object value)
      throws IOException {
    ObjectNode json = (ObjectNode) MAPPER.readTree(file(name));
    json.putPOJO(field, value);
    return DomainConfig.parse(MAPPER.writeValueAsBytes(json), key);
  }

  private static Domains domains(DomainConfig... configs) {
    SortedMap<String, DomainConfig> all = new TreeMap<>();
    for (DomainConfig config : configs) {
      all.put(config.id(), config);
    }
    SortedMap<String, byte[]> images = new TreeMap<>();
    images.put(IMAGE_CONFIG, IMAGE.getBytes(UTF_8));
    return new Domains(all, images, new TreeMap<>(), true, new TreeSet<>());
  }

  private static Wanted map(DomainConfig... configs) {
    return DomainConfigs.map(domains(configs), new TreeSet<>(), RULES);
  }

  private static JsonNode document(App app) {
    assertEquals(List.of(), app.problems());
    return TaskDocuments.toJson(app.document().orElseThrow());
  }

  @Test
  void aContainerRunsTheProgramOfItsImageInTheDirectoryOfItsVolume() throws IOException {
    DomainConfig config = DomainConfig.parse(file("container.json"), CONTAINER);
    assertEquals(CONTAINER + ".3.2", config.domainName());
    assertEquals(IMAGE_CONFIG, config.imageConfig().orElseThrow());
    Wanted wanted = map(config);
    App app = wanted.apps().get(0);
    assertEquals(CONTAINER, app.id());
    assertEquals("3", app.version());
    assertTrue(app.active());
    assertEquals(5, app.restarts());
    assertEquals(1, app.purges());
    assertEquals(Duration.ZERO, app.startDelay());
    JsonNode task = document(app);
    assertEquals("web", task.path("displayName").asText());
    assertEquals("native-container", task.path("executor").asText());
    assertEquals(
        VOLUMES + "11111111-2222-4333-8444-555555555555#0.container/rootfs",
        task.at("/root/directory").asText());
    assertEquals("[\"/bin/web\",\"-p\",\"80\"]", task.path("command").toString());
    assertEquals("www", task.path("user").asText());
    assertEquals("/srv", task.path("workingDir").asText());
    // The variables of the user override those of the image, and come with the user data.
    assertEquals(MAPPER.readTree("{\"EMPTY\": \"\", \"PATH\": \"/bin\"}"), task.path("env"));
    assertEquals("[1,2]", task.at("/resources/pin").toString());
    JsonNode volumes = task.path("volumes");
    assertEquals("/data", volumes.at("/0/target").asText());
    assertTrue(volumes.at("/0/readOnly").booleanValue());
    assertEquals("raw", volumes.at("/0/source/format").asText());
    assertEquals("/opt/more", volumes.at("/1/target").asText());
    assertEquals(
        "GREETING=hello\nFROM=user\n", volumes.at("/2/source/cloudInit/userData").asText());
    assertEquals("bridge-bn1", task.at("/interfaces/0/network").asText());
    assertEquals("00:16:3e:00:02:01", task.at("/interfaces/0/mac").asText());
    assertEquals(
        "{bridge-bn1={\"type\":\"switch\",\"port\":\"bn1\",\"mtu\":1500}}",
        wanted.networks().toString());
  }

  @Test
  void aMachineStartsFromItsDisk() throws IOException {
    DomainConfig config = DomainConfig.parse(file("machine.json"), MACHINE);
    assertTrue(config.imageConfig().isEmpty());
    App app = map(config).apps().get(0);
    assertFalse(app.active());
    JsonNode task = document(app);
    assertEquals("qemu", task.path("executor").asText());
    assertEquals("qcow2", task.at("/root/file/format").asText());
    assertEquals("uefi", task.at("/options/firmware").asText());
    assertEquals("unix", task.at("/options/vnc").asText());
    assertEquals("true", task.at("/options/tpm").asText());
    assertEquals("iso", task.at("/volumes/0/source/format").asText());
    assertEquals("user-data", task.at("/volumes/1/name").asText());
    assertEquals(2, task.path("interfaces").size());
    assertFalse(task.toString().contains("secret"));
  }

  @Test
  void evesVariableForACommandReplacesThatOfTheImage() throws IOException {
    String data = Base64.getEncoder().encodeToString("EVE_ECO_CMD=\"/bin/sh -x\"".getBytes(UTF_8));
    DomainConfig config =
        changed("container.json", CONTAINER, "pubsub-large-CloudInitUserData", data);
    assertEquals(
        "[\"/bin/sh\",\"-x\"]", document(map(config).apps().get(0)).path("command").toString());
  }

  @Test
  void cpusArePinnedInTheOrderOfUuids() throws IOException {
    DomainConfig machine = DomainConfig.parse(file("machine.json"), MACHINE);
    DomainConfig container = DomainConfig.parse(file("container.json"), CONTAINER);
    List<App> apps = map(machine, container).apps();
    assertEquals("[1,2]", document(apps.get(0)).at("/resources/pin").toString());
    assertEquals(
        List.of("CPUsPinned"), apps.get(1).problems().stream().map(Problem::path).toList());
  }

  @Test
  void whatCannotBeMappedIsNamed() throws IOException {
    assertPaths(List.of("CipherBlockStatus"), changed("machine.json", MACHINE, "IsCipher", true));
    assertPaths(List.of("Service"), changed("machine.json", MACHINE, "Service", true));
    assertPaths(List.of("Kernel"), changed("machine.json", MACHINE, "Kernel", "/k"));
    assertPaths(List.of("VCpus"), changed("machine.json", MACHINE, "VCpus", -1));
    assertPaths(
        List.of("DiskConfigList"), changed("machine.json", MACHINE, "DiskConfigList", null));
    ObjectNode adapter = MAPPER.createObjectNode().put("Type", 1).put("Name", "eth2");
    assertPaths(
        List.of("IoAdapterList[0].Name"),
        changed("machine.json", MACHINE, "IoAdapterList", List.of(adapter)));
  }

  private static void assertPaths(List<String> paths, DomainConfig config) {
    App app = map(config).apps().get(0);
    assertEquals(paths, app.problems().stream().map(Problem::path).toList());
    assertTrue(app.document().isEmpty());
  }

  @Test
  void aContainerWithoutAnImageConfigSaysWhichFileIsMissing() throws IOException {
    DomainConfig config = DomainConfig.parse(file("container.json"), CONTAINER);
    Domains domains =
        new Domains(
            domains(config).configs(), new TreeMap<>(), new TreeMap<>(), true, new TreeSet<>());
    Problem problem =
        DomainConfigs.map(domains, new TreeSet<>(), RULES).apps().get(0).problems().get(0);
    assertEquals("MISSING", problem.code());
    assertTrue(IMAGE_CONFIG.startsWith(problem.value().replace("...", "")), problem.toString());
  }

  @Test
  void domainsThatEveHasNotNamedYetAreLeftAsTheyAre() throws IOException {
    DomainConfig config = DomainConfig.parse(file("machine.json"), MACHINE);
    SortedSet<String> present = new TreeSet<>(List.of(MACHINE, CONTAINER, "gone"));
    Domains begun =
        new Domains(
            domains(config).configs(),
            new TreeMap<>(),
            new TreeMap<>(),
            false,
            new TreeSet<>(List.of("gone")));
    List<App> apps = DomainConfigs.map(begun, present, RULES).apps();
    assertEquals(List.of(MACHINE, CONTAINER), apps.stream().map(App::id).toList());
    assertEquals("DOMAIN_AWAITED", apps.get(1).problems().get(0).code());
    assertEquals(1, DomainConfigs.map(domains(config), present, RULES).apps().size());
  }

  @Test
  void whatIsNoDomainIsRefusedWithoutItsContent() throws IOException {
    byte[] good = file("machine.json");
    assertUnreadable("{\"VncPasswd\": \"hunter2", MACHINE);
    assertUnreadable("[]", MACHINE);
    assertUnreadable("", MACHINE);
    assertUnreadable(new String(good, UTF_8) + "{}", MACHINE);
    assertUnreadable(new String(good, UTF_8), CONTAINER);
    assertUnreadable(" ".repeat(DomainConfig.MAX_BYTES + 1), MACHINE);
    assertUnreadable("[".repeat(100_000), MACHINE);
  }

  private static void assertUnreadable(String text, String key) {
    TaskException e =
        assertThrows(TaskException.class, () -> DomainConfig.parse(text.getBytes(UTF_8), key));
    assertEquals("DOMAIN_UNREADABLE", e.first().code());
    assertFalse(e.first().toString().contains("hunter2"));
  }
}
