package org.lfedge.eve.tasks.core.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.api.ZSwState;
import org.lfedge.eve.tasks.core.fleet.AppStatus;

/**
 * What the API tells about the controller of the node.
 *
 * @param source the URL of a controller, or the place of files
 * @param device the UUID of this node, once a controller gave it one
 * @param lastConfig when the config that holds was received
 * @param lastContact when the controller last answered as it should
 * @param problem why it does not
 * @param waiting how many messages are not sent yet
 * @param apps that the controller wants
 */
public record ControllerInfo(
    String source,
    Optional<String> device,
    Optional<Instant> lastConfig,
    Optional<Instant> lastContact,
    Optional<Problem> problem,
    int waiting,
    List<AppInfo> apps) {

  /** Keeps a copy. */
  public ControllerInfo {
    apps = List.copyOf(apps);
  }

  /** An app, and how EVE calls the state that it is in. */
  public record AppInfo(AppStatus status, ZSwState state) {}
}
