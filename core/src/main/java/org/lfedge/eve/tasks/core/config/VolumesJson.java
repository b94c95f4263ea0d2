package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;

/** The canonical form of what {@link VolumesReader} and {@link DevicesReader} read. */
final class VolumesJson {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private VolumesJson() {}

  static ArrayNode volumes(List<VolumeConfig> volumes) {
    ArrayNode json = JSON.arrayNode();
    for (VolumeConfig volume : volumes) {
      ObjectNode object = json.addObject().put("name", volume.name());
      object.set("source", source(volume.source()));
      volume.target().ifPresent(target -> object.put("target", target));
      object.put("readOnly", volume.readOnly());
      object.put("propagation", SupervisionReader.word(volume.propagation()));
      volume.owner().ifPresent(owner -> object.put("owner", owner.uid() + ":" + owner.gid()));
    }
    return json;
  }

  private static JsonNode source(Source source) {
    ObjectNode json = JSON.objectNode();
    if (source instanceof Source.HostPath path) {
      return JSON.textNode(path.path());
    } else if (source instanceof Source.DiskFile disk) {
      json.put("file", disk.path()).put("format", disk.format().word());
    } else if (source instanceof Source.Named named) {
      json.put("volume", named.volume());
    } else if (source instanceof Source.Blank blank) {
      json.put("blank", Sizes.format(blank.bytes()));
    } else if (source instanceof Source.Image image) {
      json.put("image", image.reference());
    } else if (source instanceof Source.Tmpfs tmpfs) {
      json.put("tmpfs", Sizes.format(tmpfs.bytes()));
    } else if (source instanceof Source.NetworkNames names) {
      json.put("network", names.network());
    } else if (source instanceof Source.CloudInit data) {
      json.set("cloudInit", cloudInit(data));
    }
    return json;
  }

  private static ObjectNode cloudInit(Source.CloudInit data) {
    ObjectNode json = JSON.objectNode();
    if (data.userData() instanceof UserData.InFile file) {
      json.putObject("userData").put("file", file.path());
    } else if (data.userData() instanceof UserData.Text text) {
      json.put("userData", text.text());
    }
    ObjectNode metaData = json.putObject("metaData");
    data.metaData().forEach(metaData::put);
    data.networkConfig().ifPresent(text -> json.put("networkConfig", text));
    return json;
  }

  static ArrayNode devices(List<DeviceConfig> devices) {
    ArrayNode json = JSON.arrayNode();
    for (DeviceConfig device : devices) {
      ObjectNode object = json.addObject().put(device.key(), device.id());
      if (device instanceof DeviceConfig.Node node) {
        object.put("access", node.access());
      }
    }
    return json;
  }
}
