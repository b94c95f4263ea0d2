package org.lfedge.eve.tasks.benchmarks;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerBlockingStub;

/**
 * Tasks that sleep, all of one image, through the API of the daemon.
 *
 * @param image its name on the node
 */
record SleepTasks(TaskmanagerBlockingStub api, String image) {

  static final long MEMORY_BYTES = 8 << 20;
  static final String CPUS = "0.5";

  /** Brings the image to the node, if it is not there. */
  static SleepTasks of(TaskmanagerBlockingStub api, Path archive) {
    ImportImagesRequest request =
        ImportImagesRequest.newBuilder().setPath(archive.toString()).build();
    return new SleepTasks(api, api.importImages(request).getImages(0).getName());
  }

  /** The names of some tasks. */
  static List<String> names(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(number -> prefix + "-" + number).toList();
  }

  /** Ended by force, it must not come back before it is removed. */
  String document(String name) {
    return """
    name: %s
    root: {image: "%s"}
    command: [sleep, "3600"]
    resources: {memory: %d, cpus: %s}
    restart: {policy: never}
    """
        .formatted(name, image, MEMORY_BYTES, CPUS);
  }

  /** What the daemon would run, as the JSON of an OCI runtime spec. */
  String spec(String name) {
    return api.render(request(name)).getSpecJson();
  }

  /** Makes a task and starts it. */
  void start(String name) throws IOException {
    api.create(request(name));
    Task task = api.start(StartRequest.newBuilder().setName(name).build());
    if (!task.getState().equals("RUNNING")) {
      throw new IOException("task " + name + " is " + task.getState());
    }
  }

  /** Ends a task at once and removes all of it. */
  void remove(String name) {
    api.stop(StopRequest.newBuilder().setName(name).setForce(true).build());
    api.delete(DeleteRequest.newBuilder().setName(name).build());
  }

  private DocumentRequest request(String name) {
    return DocumentRequest.newBuilder()
        .setDocument(ByteString.copyFromUtf8(document(name)))
        .setBaseDirectory("/")
        .build();
  }
}
