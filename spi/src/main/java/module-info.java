module org.lfedge.eve.tasks.spi {
  requires static transitive org.jspecify;

  exports org.lfedge.eve.tasks.spi;
  exports org.lfedge.eve.tasks.spi.container;
  exports org.lfedge.eve.tasks.spi.contract;
  exports org.lfedge.eve.tasks.spi.seed;
  exports org.lfedge.eve.tasks.spi.task;
}
