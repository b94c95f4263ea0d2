import java.lang.management.ManagementFactory;

/** Says what it was given and what it runs in, and stays until it is told to end. */
public final class Greeter {

  private Greeter() {}

  public static void main(String[] args) throws InterruptedException {
    Runtime runtime = Runtime.getRuntime();
    System.out.println(String.join(" ", args));
    System.out.printf(
        "Java %s, heap %d MiB, %d CPUs, PID %d%n",
        Runtime.version().feature(),
        runtime.maxMemory() >> 20,
        runtime.availableProcessors(),
        ManagementFactory.getRuntimeMXBean().getPid());
    runtime.addShutdownHook(new Thread(() -> System.out.println("bye")));
    Thread.currentThread().join();
  }
}
