package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.HostFacts;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** Everything that an executor may know when it makes a seed, as JSON. */
final class RequestCodec {

  private RequestCodec() {}

  /**
   * Writes a request. A view of a request may note what is taken from it, so nothing is asked of it
   * but what an executor may ask.
   *
   * @param declared the options of the executor
   * @param asked the questions of the executor; their answers go along, each once
   */
  static ObjectNode toJson(SeedRequest request, List<Option> declared, List<FactQuery> asked) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("task", TaskCodec.toJson(request.task(), declared));
    request.image().ifPresent(image -> json.set("image", image(image)));
    request.tools().ifPresent(image -> json.set("tools", image(image)));
    request.user().ifPresent(user -> json.set("user", SeedCodec.user(user)));
    json.set("host", host(request.host()));
    ArrayNode facts = json.putArray("facts");
    asked.stream().distinct().forEach(query -> facts.add(FactCodec.fact(request.fact(query))));
    return json;
  }

  static ReadValues.Request fromJson(JsonReader json, List<Option> declared) {
    json.requireObject("task", "image", "tools", "user", "host", "facts");
    return new ReadValues.Request(
        TaskCodec.fromJson(json.required("task"), declared),
        json.optional("image").map(RequestCodec::readImage),
        json.optional("tools").map(RequestCodec::readImage),
        json.optional("user").map(SeedCodec::readUser),
        readHost(json.required("host")),
        json.required("facts").list(FactCodec::readFact));
  }

  private static ObjectNode image(ResolvedImage image) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("digest", image.digest())
        .put("os", image.os())
        .put("architecture", image.architecture());
    image.variant().ifPresent(variant -> json.put("variant", variant));
    json.set("entrypoint", SeedCodec.texts(image.entrypoint()));
    json.set("command", SeedCodec.texts(image.command()));
    json.set("env", SeedCodec.texts(image.env()));
    json.put("workingDir", image.workingDir());
    image.stopSignal().ifPresent(signal -> json.put("stopSignal", signal));
    ObjectNode labels = json.putObject("labels");
    image.labels().forEach(labels::put);
    return json;
  }

  private static ResolvedImage readImage(JsonReader json) {
    json.requireObject(
        "digest",
        "os",
        "architecture",
        "variant",
        "entrypoint",
        "command",
        "env",
        "workingDir",
        "stopSignal",
        "labels");
    return new ReadValues.Image(
        json.required("digest").text(),
        json.required("os").text(),
        json.required("architecture").text(),
        json.optional("variant").map(JsonReader::text),
        json.required("entrypoint").list(JsonReader::text),
        json.required("command").list(JsonReader::text),
        json.required("env").list(JsonReader::text),
        json.required("workingDir").text(),
        json.optional("stopSignal").map(JsonReader::text),
        json.required("labels").texts());
  }

  private static ObjectNode host(HostFacts host) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("architecture", host.architecture())
        .put("kernel", host.kernel())
        .put("cgroupVersion", host.cgroupVersion())
        .put("cpus", host.cpus())
        .put("memoryBytes", host.memoryBytes());
    ObjectNode accelerators = json.putObject("accelerators");
    host.accelerators().forEach(accelerators::put);
    host.hypervisor().ifPresent(hypervisor -> json.set("hypervisor", hypervisor(hypervisor)));
    return json;
  }

  private static HostFacts readHost(JsonReader json) {
    json.requireObject(
        "architecture",
        "kernel",
        "cgroupVersion",
        "cpus",
        "memoryBytes",
        "accelerators",
        "hypervisor");
    return new ReadValues.Host(
        json.required("architecture").text(),
        json.required("kernel").text(),
        json.required("cgroupVersion").smallNumber(),
        json.required("cpus").smallNumber(),
        json.required("memoryBytes").number(),
        json.required("accelerators").texts(),
        json.optional("hypervisor").map(RequestCodec::readHypervisor));
  }

  private static ObjectNode hypervisor(Hypervisor hypervisor) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", hypervisor.name()).put("version", hypervisor.version());
    json.set("capabilities", SeedCodec.texts(hypervisor.capabilities()));
    return json;
  }

  private static Hypervisor readHypervisor(JsonReader json) {
    json.requireObject("name", "version", "capabilities");
    String name = json.required("name").text();
    String version = json.required("version").text();
    List<String> capabilities = json.required("capabilities").list(JsonReader::text);
    return json.check(() -> new Hypervisor(name, version, SortedCopies.setOf(capabilities)));
  }
}
