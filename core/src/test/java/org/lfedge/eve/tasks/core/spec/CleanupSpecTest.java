package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class CleanupSpecTest {

  @Test
  void theProgramIsAnotherOneWithoutATerminalAndAllElseStays() {
    String spec =
        """
        {"ociVersion": "1.0.2", "x": 1, "hostname": "h",
         "process": {%s "cwd": "/", "env": ["A=b"], "user": {"uid": 7, "gid": 8}, "y": [2],
           "capabilities": {"bounding": ["CAP_KILL"]}, "noNewPrivileges": true},
         "mounts": [{"destination": "/a", "source": "/b"}],
         "linux": {"resources": {"memory": {"limit": 1}}, "seccomp": {"defaultAction": "x"}}}
        """;
    String anchor =
        "\"args\": [\"/init\", \"--\", \"serve\"], \"terminal\": true,"
            + " \"consoleSize\": {\"height\": 1, \"width\": 2},";
    List<String> args = List.of("/clear", "", "a\"b");
    assertEquals(
        RuntimeSpec.parse(spec.formatted("\"args\": [\"/clear\", \"\", \"a\\\"b\"],")).json(),
        CleanupSpec.of(spec.formatted(anchor), args));
  }
}
