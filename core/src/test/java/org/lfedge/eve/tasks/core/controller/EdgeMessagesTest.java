package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.controller.Message.Kind;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZMetricMsg;

/** What a node tells its controller. */
class EdgeMessagesTest extends NodeTest {

  private static Message info(String app) {
    return new Message(Kind.INFO, app, ZInfoMsg.newBuilder().setDevId(app).build().toByteArray());
  }

  private static byte[] packed(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void messagesAreSentInTheirOrder() throws IOException {
    EdgeController node = configured();
    node.post(info("app-1"));
    node.post(
        new Message(
            Kind.METRICS, "", ZMetricMsg.newBuilder().setDevID("node").build().toByteArray()));
    node.post(new Message(Kind.LOGS, "app-1", packed("{\"content\":\"a\"}\n{}\n")));
    node.post(info("app-2"));
    await("messages", () -> fixture.infos().size() == 2);
    assertEquals(
        List.of("app-1", "app-2"), fixture.infos().stream().map(ZInfoMsg::getDevId).toList());
    assertEquals("node", fixture.metrics().get(0).getDevID());
    assertEquals(List.of("{\"content\":\"a\"}", "{}"), fixture.logs("app-1"));
    await("none", () -> node.state().waiting() == 0);
  }

  @Test
  void messagesWaitForTheControllerOverRestarts() {
    configured();
    fixture.answer("", Integer.MAX_VALUE, 503);
    EdgeController offline = start();
    offline.post(info("app-1"));
    offline.post(info("app-2"));
    offline.post(info("app-1"));
    assertEquals(2, offline.state().waiting());
    EdgeController again = start();
    assertEquals(2, again.state().waiting());
    fixture.behave();
    await("messages", () -> fixture.infos().size() == 2);
    assertEquals(
        List.of("app-2", "app-1"), fixture.infos().stream().map(ZInfoMsg::getDevId).toList());
  }

  @Test
  void aMessageThatIsRefusedForGoodHoldsUpNoOther() {
    EdgeController node = configured();
    fixture.answer("/info", 1, 422);
    node.post(info("bad"));
    node.post(info("good"));
    await("the good one", () -> fixture.infos().size() == 1);
    assertEquals("good", fixture.infos().get(0).getDevId());
  }

  @Test
  void aLogOfAnAppThatTheControllerDoesNotKnowHoldsUpNothing() throws IOException {
    EdgeController node = configured();
    fixture.answer("/newlogs", 1, 404);
    node.post(new Message(Kind.LOGS, "app-1", packed("{}\n")));
    node.post(info("app-2"));
    await("the other one", () -> fixture.infos().size() == 1);
    assertEquals(List.of(), fixture.logs("app-1"));
  }

  @Test
  void aNodeOfAnotherUuidTellsNothingInTheNameOfTheOneBefore() throws IOException {
    EdgeController node = configured();
    fixture.answer("/info", Integer.MAX_VALUE, 404);
    node.post(info("of before"));
    node.post(new Message(Kind.LOGS, "app-1", packed("{}\n")));
    await("a problem", () -> code(node).equals("CONTROLLER_UNKNOWN_DEVICE"));
    assertEquals(2, node.state().waiting());
    fixture.forgetDevices();
    await("the log alone", () -> fixture.logs("app-1").size() == 1 && node.state().waiting() == 0);
    fixture.behave();
    node.post(info("of now"));
    await("the message", () -> fixture.infos().size() == 1);
    assertEquals("of now", fixture.infos().get(0).getDevId());
    List<FixtureController.Request> told = fixture.requests("/info");
    assertEquals("id/" + fixture.devices().get(0) + "/info", told.get(told.size() - 1).path());
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 408, 429, 500, 503, 307})
  void aMessageThatIsRefusedForNowIsSentAgain(int status) {
    EdgeController node = configured();
    fixture.answer("/info", Integer.MAX_VALUE, status);
    node.post(info("app-1"));
    await("a problem", () -> !code(node).equals("none"));
    assertEquals(1, node.state().waiting());
    fixture.behave();
    await("the message", () -> fixture.infos().size() == 1);
    await("no problem", () -> code(node).equals("none"));
  }
}
