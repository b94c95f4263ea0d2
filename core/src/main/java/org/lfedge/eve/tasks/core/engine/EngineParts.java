package org.lfedge.eve.tasks.core.engine;

import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.DoubleSupplier;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.NetworkProbes;
import org.lfedge.eve.tasks.core.port.TaskStore;

/**
 * What the workers of all tasks share.
 *
 * @param chance from 0 to 1, for the jitter of restarts
 * @param bootId of the present boot
 * @param threads run the steps of all tasks
 */
record EngineParts(
    TaskStore store,
    EventLog events,
    ContainerRuntime runtime,
    NetworkProbes probes,
    TaskEffects effects,
    Planner planner,
    Reservations reservations,
    DeviceClaims devices,
    CpuSharing cpus,
    RootFiles rootFiles,
    Neighbours neighbours,
    InstantSource clock,
    DoubleSupplier chance,
    String bootId,
    ScheduledExecutorService timers,
    Executor threads) {}
