package org.lfedge.eve.tasks.core.containerd;

/** One containerd for all tests of a JVM that do not restart it; it goes with the JVM. */
final class SharedTestBed {

  private static final TestBed BED = new TestBed();
  private static final ContainerdClient CLIENT;

  static {
    BED.containerd().start();
    CLIENT = ContainerdClient.connect(BED.containerd().socket(), "tests");
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  CLIENT.close();
                  BED.close();
                }));
  }

  private SharedTestBed() {}

  static TestBed bed() {
    return BED;
  }

  static ContainerdClient client() {
    return CLIENT;
  }
}
