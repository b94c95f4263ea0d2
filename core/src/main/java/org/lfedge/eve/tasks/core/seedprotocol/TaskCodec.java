package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Resources;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

/** The config of a task, as JSON. Each part is looked at once, and nothing of it is kept. */
final class TaskCodec {

  private TaskCodec() {}

  static ObjectNode toJson(TaskConfig task, List<Option> declared) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", task.name()).put("uuid", task.uuid().toString());
    json.set("root", RootCodec.toJson(task.root()));
    json.set("command", SeedCodec.texts(task.command()));
    task.workingDir().ifPresent(directory -> json.put("workingDir", directory));
    ObjectNode env = json.putObject("env");
    task.env().forEach(env::put);
    json.put("init", task.init());
    Resources resources = task.resources();
    json.putObject("resources")
        .put("memoryBytes", resources.memoryBytes())
        .put("milliCpus", resources.milliCpus());
    ArrayNode volumes = json.putArray("volumes");
    task.volumes().forEach(volume -> volumes.add(volume(volume)));
    ArrayNode interfaces = json.putArray("interfaces");
    task.interfaces().forEach(link -> interfaces.add(link(link)));
    ArrayNode devices = json.putArray("devices");
    task.devices().forEach(device -> devices.add(DeviceCodec.toJson(device)));
    json.set("options", OptionsCodec.toJson(task.options(), declared));
    return json.put("stopGraceMillis", task.stopGrace().toMillis());
  }

  static TaskConfig fromJson(JsonReader json, List<Option> declared) {
    json.requireObject(
        "name",
        "uuid",
        "root",
        "command",
        "workingDir",
        "env",
        "init",
        "resources",
        "volumes",
        "interfaces",
        "devices",
        "options",
        "stopGraceMillis");
    JsonReader uuid = json.required("uuid");
    return new ReadValues.Task(
        json.required("name").text(),
        uuid.check(() -> UUID.fromString(uuid.text())),
        RootCodec.fromJson(json.required("root")),
        json.required("command").list(JsonReader::text),
        json.optional("workingDir").map(JsonReader::text),
        json.required("env").texts(),
        json.required("init").bool(),
        readResources(json.required("resources")),
        json.required("volumes").list(TaskCodec::readVolume),
        json.required("interfaces").list(TaskCodec::readLink),
        json.required("devices").list(DeviceCodec::fromJson),
        OptionsCodec.fromJson(json.required("options"), declared),
        Duration.ofMillis(json.required("stopGraceMillis").number()));
  }

  private static Resources readResources(JsonReader json) {
    json.requireObject("memoryBytes", "milliCpus");
    return new ReadValues.Limits(
        json.required("memoryBytes").number(), json.required("milliCpus").smallNumber());
  }

  private static ObjectNode volume(Volume volume) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", volume.name());
    volume.target().ifPresent(target -> json.put("target", target));
    json.put("readOnly", volume.readOnly());
    json.set("views", SeedCodec.texts(volume.views().stream().map(SeedCodec::name).toList()));
    volume.format().ifPresent(format -> json.put("format", format));
    return json.put("mayBeLeftOut", volume.mayBeLeftOut());
  }

  private static Volume readVolume(JsonReader json) {
    json.requireObject("name", "target", "readOnly", "views", "format", "mayBeLeftOut");
    List<View> views = json.required("views").list(view -> view.oneOf(View.class));
    Optional<String> format = json.optional("format").map(JsonReader::text);
    return new ReadValues.Storage(
        json.required("name").text(),
        json.optional("target").map(JsonReader::text),
        json.required("readOnly").bool(),
        SortedCopies.setOf(views),
        format,
        json.required("mayBeLeftOut").bool());
  }

  private static ObjectNode link(NetworkInterface link) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", link.name()).put("mac", link.mac()).put("mtu", link.mtu());
    json.set("addresses", SeedCodec.texts(link.addresses()));
    json.set("gateways", SeedCodec.texts(link.gateways()));
    json.set("dns", SeedCodec.texts(link.dns()));
    return json;
  }

  private static NetworkInterface readLink(JsonReader json) {
    json.requireObject("name", "mac", "mtu", "addresses", "gateways", "dns");
    return new ReadValues.Link(
        json.required("name").text(),
        json.required("mac").text(),
        json.required("mtu").smallNumber(),
        json.required("addresses").list(JsonReader::text),
        json.required("gateways").list(JsonReader::text),
        json.required("dns").list(JsonReader::text));
  }
}
