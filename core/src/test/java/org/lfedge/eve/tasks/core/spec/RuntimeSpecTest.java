package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.TaskException;

class RuntimeSpecTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Unknown fields at every level, and known ones with awkward values. */
  private static final String FOREIGN =
      """
      {"ociVersion": "1.2.0", "zebra": {"b": [1, {"c": null}]}, "ant": 1.25, "hooks": {},
       "process": {"terminal": true, "user": {"uid": 4294967295, "gid": 0, "username": "x"},
         "args": ["a", ""], "cwd": "/", "scheduler": {"policy": "SCHED_IDLE"},
         "capabilities": {"bounding": ["CAP_KILL"], "future": []},
         "rlimits": [{"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 0, "x": 1}]},
       "root": {"path": "r", "readonly": false, "x": 1},
       "mounts": [{"destination": "/m", "uidMappings": [{"containerID": 0}]}],
       "linux": {"devices": [{"path": "/dev/x"}], "resources": {
           "unified": {"memory.max": "max"}, "memory": {"limit": 1, "reservation": 2},
           "cpu": {"shares": 2, "cpus": "0"}, "pids": {"limit": -1, "x": 1},
           "devices": [{"allow": false, "access": "rwm", "x": 1}]},
         "namespaces": [{"type": "pid", "x": 1}], "personality": {"domain": "LINUX32"},
         "seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "flags": ["x"], "syscalls": [
           {"names": ["read"], "action": "SCMP_ACT_ALLOW", "x": 1, "args": [
             {"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ", "x": 1}]}]}}}
      """;

  @Test
  void whatIsNotModelledSurvivesReadingAndWriting() throws JsonProcessingException {
    RuntimeSpec spec = RuntimeSpec.parse(FOREIGN);
    assertEquals(MAPPER.readTree(FOREIGN), MAPPER.readTree(spec.json()));
    assertEquals(spec, RuntimeSpec.parse(spec.json()));
    RuntimeSpec.Program process = Objects.requireNonNull(spec.process());
    assertEquals(4294967295L, Objects.requireNonNull(process.user()).uid());
  }

  @Test
  void unknownFieldsAreWrittenInOneOrder() {
    String one = RuntimeSpec.parse("{\"b\": 1, \"a\": 2, \"hostname\": \"h\"}").json();
    String other = RuntimeSpec.parse("{\"hostname\": \"h\", \"a\": 2, \"b\": 1}").json();
    assertEquals(one, other);
    assertEquals("{\"hostname\":\"h\",\"a\":2,\"b\":1}", one);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{} {}",
        "{\"hostname\": 1}",
        "{\"hostname\": \"a\", \"hostname\": \"b\"}",
        "{\"process\": {\"args\": \"sh\"}}",
        "{\"process\": {\"args\": [null]}}",
        "{\"process\": {\"args\": [1]}}",
        "{\"process\": {\"user\": {\"uid\": \"0\"}}}",
        "{\"process\": {\"user\": {\"uid\": 1.5}}}",
        "{\"root\": {\"readonly\": \"true\"}}",
        "{\"annotations\": {\"a\": null}}",
        "{\"linux\": {\"resources\": {\"memory\": {\"limit\": 9223372036854775808}}}}"
      })
  void whatHasTheWrongFormIsRefused(String json) {
    TaskException refusal = assertThrows(TaskException.class, () -> RuntimeSpec.parse(json));
    assertEquals("SPEC_INVALID", refusal.first().code());
  }

  @Test
  void theErrorNamesThePlace() {
    String json = "{\"process\": {\"rlimits\": [{\"type\": 1}]}}";
    TaskException refusal = assertThrows(TaskException.class, () -> RuntimeSpec.parse(json));
    assertTrue(
        refusal.first().message().contains("process.rlimits.0.type"), refusal.first().message());
  }
}
