package org.lfedge.eve.tasks.core.eve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;

/** What becomes of the parts of a config, by configs as controllers write them in JSON. */
class EdgeConfigsTest {

  private static final NodeRules RULES = new NodeRules(NodeRules.usual(false), 4);
  private static final String ID = "00000000-1111-4222-8333-00000000000";
  private static final String SHA256 = "ab".repeat(32);

  private static Wanted map(String json) {
    return EdgeConfigs.map(EdgeConfigs.parse(json.getBytes(StandardCharsets.UTF_8), true), RULES);
  }

  /** A config with one app; its parts are in JSON without the braces around. */
  private static Wanted one(String app, String content, String more) {
    return map(
        """
        {"apps": [{"uuidandversion": {"uuid": "%1$s1", "version": "3"}, "displayname": "The app",
           "activate": true, "volumeRefList": [{"uuid": "%1$s2"}], %2$s}],
         "volumes": [{"uuid": "%1$s2", "displayName": "root", "maxsizebytes": "2000000000",
           "origin": {"type": "VCOT_DOWNLOAD", "downloadContentTreeID": "%1$s3"}}],
         "contentInfo": [{"uuid": "%1$s3", %3$s}],
         "datastores": [
           {"id": "%1$s4", "dType": "DsContainerRegistry", "fqdn": "docker://registry.example:5000",
            "dpath": "team", "apiKey": "edge", "password": "secret"},
           {"id": "%1$s5", "dType": "DsHttps", "fqdn": "files.example", "dpath": "images/"},
           {"id": "%1$s6", "dType": "DsS3", "fqdn": "s3.example"},
           {"id": "%1$s7", "dType": "DsHttp", "fqdn": "file:///srv/content"}]
         %4$s}
        """
            .formatted(ID, app, content.contains("dsIdsList") ? content : IMAGES + content, more));
  }

  private static final String IMAGES = "\"dsIdsList\": [\"" + ID + "4\"], ";
  private static final String FILES = "\"dsIdsList\": [\"" + ID + "5\"], ";

  private static final String CONTAINER = "\"iformat\": \"CONTAINER\", \"URL\": \"web:1\"";
  private static final String NATIVE =
      "\"fixedresources\": {\"memory\": 65536, \"vcpus\": 2, \"virtualizationMode\": \"NOHYPER\"}";
  private static final String MACHINE =
      "\"fixedresources\": {\"memory\": 524288, \"vcpus\": 1, \"virtualizationMode\": \"HVM\"}";

  private static App only(Wanted wanted) {
    assertEquals(1, wanted.apps().size());
    return wanted.apps().get(0);
  }

  private static JsonNode document(Wanted wanted) {
    App app = only(wanted);
    assertEquals(List.of(), app.problems());
    return TaskDocuments.toJson(app.document().orElseThrow());
  }

  private static List<String> problems(Wanted wanted) {
    return only(wanted).problems().stream().map(p -> p.code() + " " + p.path()).toList();
  }

  @Test
  void aContainerIsAnImageByItsDigest() {
    Wanted wanted = one(NATIVE, CONTAINER + ", \"sha256\": \"" + SHA256 + "\"", "");
    JsonNode document = document(wanted);
    assertEquals(
        "registry.example:5000/team/web:1@sha256:" + SHA256, document.at("/root/image").asText());
    assertEquals("native-container", document.path("executor").asText());
    assertEquals("64MiB", document.at("/resources/memory").asText());
    assertEquals(2, document.at("/resources/cpus").asInt());
    assertEquals("always", document.at("/restart/policy").asText());
    assertEquals("The app", document.path("displayName").asText());
    assertEquals(
        Optional.of(new HostAccess.Login("edge", "secret")),
        wanted.hosts().get("registry.example:5000").login());
    assertTrue(!wanted.toString().contains("secret"), wanted.toString());
  }

  @Test
  void anAppWaitsAsLongAfterEachBootAsForItsFirstStart() {
    Wanted wanted = one(NATIVE + ", \"startDelayInSeconds\": 90", CONTAINER, "");
    assertEquals("1m30s", document(wanted).at("/restart/bootDelay").asText());
    assertEquals(Duration.ofSeconds(90), only(wanted).startDelay());
    assertEquals(
        List.of("UNSUPPORTED start_delay_in_seconds"),
        problems(one(NATIVE + ", \"startDelayInSeconds\": 86401", CONTAINER, "")));
  }

  @Test
  void aDiskIsAVolumeOfTheNodeThatTheGuestWritesTo() {
    String content =
        "\"iformat\": \"QCOW2\", \"URL\": \"vm.qcow2\", \"sha256\": \"" + SHA256 + "\"";
    Wanted wanted = one(MACHINE, content.replace("\"iformat\"", FILES + "\"iformat\""), "");
    JsonNode document = document(wanted);
    assertEquals("qemu", document.path("executor").asText());
    assertEquals(ID + "2.0", document.at("/root/volume").asText());
    assertEquals(
        List.of(
            new AppVolume.Disk(
                ID + "2.0",
                new AppVolume.Source.Fetched(
                    new FileOrigin.Url(
                        "https://files.example/images/vm.qcow2", "sha256:" + SHA256)),
                Format.QCOW2,
                2_000_000_000)),
        only(wanted).volumes());
    assertEquals(
        List.of("UNSUPPORTED contentInfo[" + ID + "3].dsId"), problems(one(MACHINE, content, "")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../private/vm.qcow2", "a/%2e%2e/vm.qcow2", "vm.qcow2?sig=secret", "a b"})
  void aUrlThatADocumentCannotHaveIsAProblemOfItsApp(String url) {
    String content =
        FILES + "\"iformat\": \"QCOW2\", \"sha256\": \"" + SHA256 + "\", \"URL\": \"" + url + "\"";
    Wanted wanted = one(MACHINE, content, "");
    assertEquals(List.of("BAD_VALUE contentInfo[" + ID + "3].URL"), problems(wanted));
    assertFalse(only(wanted).problems().toString().contains("secret"));
  }

  @Test
  void aServerOfFilesIsKnownByItsHostInSmallLetters() {
    String content =
        "\"dsIdsList\": [\"%s8\"], \"iformat\": \"QCOW2\", \"URL\": \"vm.qcow2\", \"sha256\": \"%s\""
            .formatted(ID, SHA256);
    Wanted wanted =
        one(
            MACHINE,
            content,
            """
            , "datastores": [{"id": "%s8", "dType": "DsHttps", "fqdn": "HTTPS://Files.Example.com:8443",
              "apiKey": "edge", "password": "secret"}]
            """
                .formatted(ID));
    assertEquals(Set.of("files.example.com:8443"), wanted.hosts().keySet());
    assertTrue(
        only(wanted).volumes().toString().contains("https://files.example.com:8443/vm.qcow2"));
  }

  @Test
  void toolsOptionsAndAJarComeByTheSeedSource() {
    String app =
        NATIVE
            + ", \"seed_source\": {\"executor\": \"jvm\", \"toolsContentTreeId\": \""
            + ID
            + "8\", \"options\": {\"heapPercent\": 60}}";
    Wanted wanted =
        map(
            """
            {"apps": [{"uuidandversion": {"uuid": "%1$s1"}, "activate": true,
               "volumeRefList": [{"uuid": "%1$s2"}], %2$s}],
             "volumes": [{"uuid": "%1$s2",
               "origin": {"type": "VCOT_DOWNLOAD", "downloadContentTreeID": "%1$s3"}}],
             "contentInfo": [
               {"uuid": "%1$s3", "dsIdsList": ["%1$s4"], "iformat": 1000, "URL": "app:2",
                "sha256": "%3$s"},
               {"uuid": "%1$s8", "dsIdsList": ["%1$s4"], "iformat": "CONTAINER", "URL": "jvm:17",
                "sha256": "%3$s"}],
             "datastores": [
               {"id": "%1$s4", "dType": "DsContainerRegistry", "fqdn": "registry.example"}]}
            """
                .formatted(ID, app, SHA256));
    JsonNode document = document(wanted);
    assertEquals("jvm", document.path("executor").asText());
    assertEquals("registry.example/jvm:17@sha256:" + SHA256, document.path("tools").asText());
    assertEquals(
        "registry.example/app:2@sha256:" + SHA256, document.at("/root/file/artifact").asText());
    assertEquals(60, document.at("/options/heapPercent").asInt());
  }

  @Test
  void rulesAreForConnectionsAndPortsAreMapped() {
    String network =
        """
        , "networkInstances": [{"uuidandversion": {"uuid": "%s9"}, "instType": "ZnetInstLocal",
            "activate": true, "ip": {"subnet": "10.1.0.0/24", "gateway": "10.1.0.1"}, "mtu": 1400}]
        """
            .formatted(ID);
    String interfaces =
        """
        , "interfaces": [{"name": "eth0", "networkId": "%s9", "addr": "10.1.0.7",
            "macAddress": "02:16:3e:00:00:01", "acls": [
              {"matches": [{"type": "ip", "value": "10.0.0.0/8"}, {"type": "fport", "value": "443"},
                 {"type": "protocol", "value": "tcp"}], "dir": "EGRESS"},
              {"matches": [{"type": "ip", "value": "0.0.0.0/0"}]},
              {"matches": [{"type": "lport", "value": "8080"}, {"type": "protocol", "value": "tcp"}],
               "actions": [{"portmap": true, "appPort": 80}]}]}]
        """
            .formatted(ID);
    Wanted wanted = one(NATIVE + interfaces, CONTAINER, network);
    JsonNode face = document(wanted).at("/interfaces/0");
    assertEquals(ID + "9", face.path("network").asText());
    assertEquals("10.1.0.7/24", face.at("/addresses/0").asText());
    assertEquals("02:16:3e:00:00:01", face.path("mac").asText());
    assertEquals("8080:80/tcp", face.at("/ports/0").asText());
    List<String> rules = new ArrayList<>();
    face.path("allow").forEach(rule -> rules.add(rule.toString()));
    assertEquals(3, rules.size(), rules::toString);
    assertEquals(
        "{\"type\":\"bridge\",\"subnets\":[\"10.1.0.0/24\"],\"mtu\":1400}",
        wanted.networks().get(ID + "9").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "255.255.255.255/32",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
        "10.1.0.0/32",
        "10.1.0.0"
      })
  void aSubnetWithoutRoomIsAProblemOfItsNetworkAlone(String subnet) {
    String network =
        """
        , "networkInstances": [
            {"uuidandversion": {"uuid": "%1$s8"}, "instType": "ZnetInstLocal", "activate": true},
            {"uuidandversion": {"uuid": "%1$s9"}, "instType": "ZnetInstLocal", "activate": true,
             "ip": {"subnet": "%2$s"}}]
        """
            .formatted(ID, subnet);
    String interfaces = ", \"interfaces\": [{\"networkId\": \"%s9\"}]".formatted(ID);
    Wanted wanted = one(NATIVE + interfaces, CONTAINER, network);
    assertEquals(List.of("BAD_VALUE networkInstances[" + ID + "9].ip.subnet"), problems(wanted));
    assertEquals(Set.of(ID + "8"), wanted.networks().keySet());
  }

  @Test
  void withoutRulesNothingPasses() {
    String network =
        """
        , "networkInstances": [{"uuidandversion": {"uuid": "%s9"}, "instType": "ZnetInstLocal",
            "activate": true}]
        """
            .formatted(ID);
    String interfaces = ", \"interfaces\": [{\"networkId\": \"%s9\"}]".formatted(ID);
    JsonNode face = document(one(NATIVE + interfaces, CONTAINER, network)).at("/interfaces/0");
    assertTrue(face.path("allow").isArray() && face.path("allow").isEmpty(), face.toString());
  }

  @Test
  void userDataAreCloudInitsOrVariablesOfAnImageInAGuest() {
    String data =
        Base64.getEncoder().encodeToString("SITE='north'\n".getBytes(StandardCharsets.UTF_8));
    String userData = ", \"userData\": \"" + data + "\"";
    assertEquals(
        "SITE='north'\n",
        document(one(NATIVE + userData, CONTAINER, ""))
            .at("/volumes/0/source/cloudInit/userData")
            .asText());
    assertEquals(
        "north", document(one(MACHINE + userData, CONTAINER, "")).at("/env/SITE").asText());
  }

  @Test
  void aVariableOfEveIsTheCommand() {
    String data =
        Base64.getEncoder()
            .encodeToString("EVE_ECO_CMD=\"sleep  100\"\n".getBytes(StandardCharsets.UTF_8));
    assertEquals(
        "[\"sleep\",\"100\"]",
        document(one(NATIVE + ", \"userData\": \"" + data + "\"", CONTAINER, ""))
            .path("command")
            .toString());
  }

  @Test
  void whatCannotBeIsNamedAllAtOnce() {
    Wanted wanted =
        one(
            MACHINE
                + ", \"cipherData\": {}, \"interfaces\": [{\"networkId\": \"none\"}],"
                + " \"adapters\": [{\"name\": \"com\"}]",
            "\"iformat\": \"OVA\", \"URL\": \"x\"",
            "");
    List<String> problems = problems(wanted);
    for (String expected :
        List.of(
            "UNSUPPORTED contentInfo[" + ID + "3].iformat",
            "MISSING interfaces[0].networkId",
            "MISSING adapters[0].name",
            "UNSUPPORTED cipherData")) {
      assertTrue(problems.contains(expected), expected + " is not in " + problems);
    }
    assertTrue(only(wanted).problems().stream().allMatch(p -> p.kind() == Problem.Kind.USER));
  }

  @Test
  void cpusArePinnedInTheOrderOfTheConfigAsLongAsThereAreSome() {
    String pinned =
        "\"fixedresources\": {\"memory\": 65536, \"vcpus\": %d, \"pin_cpu\": true,"
            + " \"virtualizationMode\": \"NOHYPER\"}";
    assertEquals(
        "[1,2,3]",
        document(one(pinned.formatted(3), CONTAINER, "")).at("/resources/pin").toString());
    assertEquals(
        List.of("UNSUPPORTED fixedresources.pin_cpu"),
        problems(one(pinned.formatted(4), CONTAINER, "")));
  }

  /** What the reference shows works. */
  @Test
  void theExampleOfTheReferenceIsAContainer() throws IOException {
    String text = Files.readString(Path.of("..", "docs", "eve.md"));
    Matcher json = Pattern.compile("(?s)```json\\n(.*?)```").matcher(text);
    assertTrue(json.find());
    assertEquals(
        "docker.io/library/nginx:1.27", document(map(json.group(1))).at("/root/image").asText());
  }
}
