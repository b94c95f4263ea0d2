package org.lfedge.eve.tasks.core.device;

/** Why a CDI spec file, or a device in it, cannot be used. */
final class CdiFault extends Exception {

  private static final long serialVersionUID = 1;

  CdiFault(String message) {
    super(message);
  }
}
