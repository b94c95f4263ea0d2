package org.lfedge.eve.tasks.core.controller;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A pause that can be ended; to end it before it has begun counts too. */
final class Alarm {

  private boolean rung;

  synchronized void ring() {
    rung = true;
    notifyAll();
  }

  synchronized void sleep(Duration pause) throws InterruptedException {
    long end = System.nanoTime() + pause.toNanos();
    for (long left = pause.toNanos(); !rung && left > 0; left = end - System.nanoTime()) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    rung = false;
  }
}
