package org.lfedge.eve.tasks.core.seedprotocol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * Seeds as JSON, for the task's record and for executors that are not Java. Reading what was
 * written gives an equal seed; equal seeds give equal bytes.
 */
public final class SeedCodec {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private SeedCodec() {}

  /**
   * Writes a seed, every field of it but those that are {@code Optional} and empty, devices,
   * attachments, binary formats and rules of exits where there are none, the pool of its memory if
   * that is the usual one, and the form of a tap.
   */
  public static ObjectNode toJson(Seed seed) {
    ObjectNode json = JSON.objectNode();
    json.put("base", name(seed.base()));
    json.put("readOnly", seed.readOnly());
    json.set("process", process(seed.process()));
    ArrayNode mounts = json.putArray("mounts");
    seed.mounts().forEach(mount -> mounts.add(MountCodec.toJson(mount)));
    ArrayNode files = json.putArray("files");
    seed.files()
        .forEach(
            file ->
                files
                    .addObject()
                    .put("target", file.target())
                    .put("content", Base64.getEncoder().encodeToString(file.content()))
                    .put("mode", file.mode()));
    // Left out where there are none: an earlier version can read such a seed in its record.
    if (!seed.devices().isEmpty()) {
      ArrayNode devices = json.putArray("devices");
      seed.devices().forEach(device -> devices.add(DeviceCodec.toJson(device)));
    }
    if (!seed.attachments().isEmpty()) {
      ArrayNode attachments = json.putArray("attachments");
      seed.attachments().forEach(attachment -> attachments.add(attachment(attachment)));
    }
    if (!seed.binaryFormats().isEmpty()) {
      ArrayNode formats = json.putArray("binaryFormats");
      seed.binaryFormats().forEach(format -> formats.add(binaryFormat(format)));
    }
    json.set("shared", texts(seed.shared().stream().map(SeedCodec::name).toList()));
    if (seed.memory() != Pool.CGROUP) {
      json.put("memory", name(seed.memory()));
    }
    json.set("tax", TaxCodec.toJson(seed.tax()));
    ArrayNode stop = json.putArray("stop");
    seed.stop().steps().forEach(step -> stop.add(step(step)));
    if (!seed.exits().isEmpty()) {
      ArrayNode exits = json.putArray("exits");
      seed.exits().forEach(rule -> exits.add(ExitRuleCodec.toJson(rule)));
    }
    seed.console().ifPresent(program -> json.set("console", texts(program)));
    seed.cleanup().ifPresent(program -> json.set("cleanup", texts(program)));
    ObjectNode annotations = json.putObject("annotations");
    seed.annotations().forEach(annotations::put);
    seed.oci().ifPresent(patch -> json.put("oci", patch));
    return json;
  }

  /**
   * Reads a seed. Only {@code base} and {@code process.args} must be there; a patch may be given as
   * text or as an object.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException with code {@code SEED_INVALID} and the
   *     path of the first place that is wrong, unknown keys included
   */
  public static Seed fromJson(JsonNode json) {
    JsonReader top =
        JsonReader.top(json, Reading.SEED)
            .requireObject(
                "base",
                "readOnly",
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
                "exits",
                "console",
                "cleanup",
                "annotations",
                "oci");
    Seed.Builder seed =
        Seed.builder(
            top.required("base").oneOf(Base.class),
            top.optional("readOnly").map(JsonReader::bool).orElse(false),
            readProcess(top.required("process")));
    top.listOrNone("mounts", MountCodec::fromJson).forEach(seed::mount);
    top.listOrNone("files", SeedCodec::readFile).forEach(seed::file);
    top.listOrNone("devices", DeviceCodec::fromJson).forEach(seed::device);
    top.listOrNone("attachments", SeedCodec::readAttachment).forEach(seed::attachment);
    top.listOrNone("binaryFormats", SeedCodec::readBinaryFormat).forEach(seed::binaryFormat);
    top.listOrNone("shared", item -> item.oneOf(Namespace.class)).forEach(seed::share);
    top.optional("memory").map(pool -> pool.oneOf(Pool.class)).ifPresent(seed::memory);
    top.optional("tax").map(TaxCodec::fromJson).ifPresent(seed::tax);
    seed.stop(new StopPlan(top.listOrNone("stop", SeedCodec::readStep)));
    top.listOrNone("exits", ExitRuleCodec::fromJson).forEach(seed::exit);
    top.optional("console").map(list -> list.list(JsonReader::text)).ifPresent(seed::console);
    top.optional("cleanup").map(list -> list.list(JsonReader::text)).ifPresent(seed::cleanup);
    top.optional("annotations").ifPresent(map -> map.texts().forEach(seed::annotation));
    top.optional("oci").map(SeedCodec::readPatch).ifPresent(seed::oci);
    return top.check(seed::build);
  }

  private static ObjectNode process(AnchorProcess process) {
    ObjectNode json = JSON.objectNode();
    json.set("args", texts(process.args()));
    json.set("env", texts(process.env()));
    json.put("cwd", process.workingDir());
    json.set("user", user(process.user()));
    process.capabilities().ifPresent(names -> json.set("capabilities", texts(names)));
    return json.put("init", process.init());
  }

  private static AnchorProcess readProcess(JsonReader json) {
    json.requireObject("args", "env", "cwd", "user", "capabilities", "init");
    AnchorProcess.Builder process =
        AnchorProcess.builder(json.required("args").list(JsonReader::text));
    process.env(json.listOrNone("env", JsonReader::text));
    json.optional("cwd").map(JsonReader::text).ifPresent(process::workingDir);
    json.optional("user").map(SeedCodec::readUser).ifPresent(process::user);
    json.optional("capabilities")
        .map(names -> SortedCopies.setOf(names.list(JsonReader::text)))
        .ifPresent(process::capabilities);
    json.optional("init").map(JsonReader::bool).ifPresent(process::init);
    return json.check(process::build);
  }

  static ObjectNode user(User user) {
    ObjectNode json = JSON.objectNode().put("uid", user.uid()).put("gid", user.gid());
    ArrayNode groups = json.putArray("additionalGids");
    user.additionalGids().forEach(groups::add);
    return json;
  }

  static User readUser(JsonReader json) {
    json.requireObject("uid", "gid", "additionalGids");
    int uid = json.required("uid").smallNumber();
    int gid = json.required("gid").smallNumber();
    List<Integer> groups = json.listOrNone("additionalGids", JsonReader::smallNumber);
    return json.check(() -> new User(uid, gid, groups));
  }

  private static ObjectNode attachment(Attachment attachment) {
    ObjectNode json =
        JSON.objectNode()
            .put("interface", attachment.interfaceName())
            .put("tap", attachment.tapName())
            .put("ownerUid", attachment.ownerUid())
            .put("join", name(attachment.join()));
    // Of a tap it is left out, for the sake of earlier versions as well.
    return attachment.form() == Attachment.Form.TAP
        ? json
        : json.put("form", name(attachment.form()));
  }

  private static Attachment readAttachment(JsonReader json) {
    json.requireObject("interface", "tap", "ownerUid", "join", "form");
    String interfaceName = json.required("interface").text();
    String tapName = json.required("tap").text();
    int ownerUid = json.optional("ownerUid").map(JsonReader::smallNumber).orElse(0);
    Join join = json.required("join").oneOf(Join.class);
    Attachment.Form form =
        json.optional("form")
            .map(word -> word.oneOf(Attachment.Form.class))
            .orElse(Attachment.Form.TAP);
    return json.check(() -> new Attachment(interfaceName, tapName, ownerUid, join, form));
  }

  private static ObjectNode binaryFormat(BinaryFormat format) {
    return JSON.objectNode()
        .put("name", format.name())
        .put("magic", format.magic())
        .put("mask", format.mask())
        .put("interpreter", format.interpreter());
  }

  private static BinaryFormat readBinaryFormat(JsonReader json) {
    json.requireObject("name", "magic", "mask", "interpreter");
    String name = json.required("name").text();
    String magic = json.required("magic").text();
    String mask = json.required("mask").text();
    String interpreter = json.required("interpreter").text();
    return json.check(() -> new BinaryFormat(name, magic, mask, interpreter));
  }

  private static SeedFile readFile(JsonReader json) {
    json.requireObject("target", "content", "mode");
    String target = json.required("target").text();
    byte[] content = json.required("content").bytes();
    int mode = json.required("mode").smallNumber();
    return json.check(() -> new SeedFile(target, content, mode));
  }

  private static ObjectNode step(StopStep step) {
    ObjectNode json = JSON.objectNode();
    if (step instanceof StopStep.Signal signal) {
      json.putObject("signal")
          .put("name", signal.name())
          .put("graceMillis", signal.grace().toMillis());
    } else if (step instanceof StopStep.Exec exec) {
      ObjectNode node = json.putObject("exec");
      node.set("args", texts(exec.args()));
      node.put("graceMillis", exec.grace().toMillis());
    } else {
      throw new IllegalArgumentException("unknown stop step: " + step);
    }
    return json;
  }

  private static StopStep readStep(JsonReader json) {
    String variant = json.variant();
    JsonReader value = json.required(variant);
    switch (variant) {
      case "signal" -> {
        value.requireObject("name", "graceMillis");
        String name = value.required("name").text();
        Duration grace = grace(value);
        return value.check(() -> new StopStep.Signal(name, grace));
      }
      case "exec" -> {
        value.requireObject("args", "graceMillis");
        List<String> args = value.required("args").list(JsonReader::text);
        Duration grace = grace(value);
        return value.check(() -> new StopStep.Exec(args, grace));
      }
      default -> throw value.invalid("is not a stop step; known are signal and exec");
    }
  }

  private static Duration grace(JsonReader step) {
    return Duration.ofMillis(step.required("graceMillis").number());
  }

  private static String readPatch(JsonReader json) {
    return json.node().isObject() ? json.node().toString() : json.text();
  }

  static ArrayNode texts(Collection<String> items) {
    ArrayNode json = JSON.arrayNode();
    items.forEach(json::add);
    return json;
  }

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
