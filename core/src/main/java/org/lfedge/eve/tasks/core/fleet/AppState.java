package org.lfedge.eve.tasks.core.fleet;

import java.util.Optional;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.eve.api.ZSwState;

/** EVE's one word for how an app is, out of what is done about it and what its task does. */
public final class AppState {

  private AppState() {}

  /**
   * The state of an app.
   *
   * @param task of the app, if there is one
   */
  public static ZSwState of(AppStatus status, Optional<TaskView> task) {
    return switch (status.phase()) {
      case WAITING -> task.map(AppState::of).orElse(ZSwState.INITIAL);
      case DELAYED -> ZSwState.START_DELAYED;
      case PREPARING -> task.map(AppState::of).orElse(ZSwState.CREATING_VOLUME);
      case FETCHING -> task.map(AppState::of).orElse(ZSwState.DOWNLOAD_STARTED);
      case APPLYING -> task.map(AppState::of).orElse(ZSwState.LOADING);
      case RESTARTING -> ZSwState.RESTARTING;
      case PURGING -> ZSwState.PURGING;
      case HALTING, REMOVING -> ZSwState.HALTING;
      case SETTLED -> settled(status, task);
      // An app in error runs nothing; one that runs as it was has an error beside its state.
      case FAILED ->
          task.filter(one -> one.state().hasAnchor()).map(AppState::of).orElse(ZSwState.ERROR);
    };
  }

  private static ZSwState settled(AppStatus status, Optional<TaskView> task) {
    if (!status.app().active()) {
      return task.isPresent() ? ZSwState.HALTED : ZSwState.INSTALLED;
    }
    return task.map(AppState::of).orElse(ZSwState.BOOTING);
  }

  private static ZSwState of(TaskView task) {
    return switch (task.state()) {
      case PENDING, CREATED -> ZSwState.BOOTING;
      case RUNNING -> ZSwState.RUNNING;
      case STOPPING, DELETED -> ZSwState.HALTING;
      case STOPPED ->
          task.supervision().nextStart().isPresent() ? ZSwState.RESTARTING : ZSwState.HALTED;
      case FAILED -> ZSwState.ERROR;
    };
  }
}
