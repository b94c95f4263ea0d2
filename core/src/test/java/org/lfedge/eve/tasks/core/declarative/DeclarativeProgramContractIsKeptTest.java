package org.lfedge.eve.tasks.core.declarative;

import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;

/** So does one without tools, which asks about the node and starts any kind of root. */
class DeclarativeProgramContractIsKeptTest implements ExecutorContract {

  @Override
  public Executor executor() {
    return Declarations.executor(
        Declarations.json(
            """
            {"spi": "1.0", "summary": "Runs what the document says",
             "rootKinds": ["image", "directory", "bundle", "host"],
             "options": [{"name": "device", "type": "string", "doc": ""},
               {"name": "wait", "type": "duration", "doc": "", "default": "10s"}],
             "facts": [{"hostDevice": {"path": "/dev/kvm"}}, {"jsonFile": {"path": "config.json"}}],
             "seed": {
               "base": "task",
               "readOnly": "${root.readOnly}",
               "process": {
                 "args": [
                   {"$choose": "${facts.0.present}", "true": "/bin/fast", "false": "/bin/slow"},
                   {"$join": ["--wait=", "${options.wait}"]},
                   {"$splice": "${task.command}"}],
                 "env": [{"$each": "${task.env}", "as": "e",
                   "value": {"$join": ["${e.key}", "=", "${e.value}"]}}]},
               "mounts": [{"$each": "${task.volumes}", "as": "v", "value":
                 {"source": {"volume": {"name": "${v.name}", "view": "${v.views.0}"}},
                  "target": "${v.target}", "readOnly": "${v.readOnly}"}}],
               "devices": "${task.devices}"}}
            """));
  }
}
