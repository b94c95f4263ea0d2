package org.lfedge.eve.tasks.core.seedprotocol;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/** Answers come from strangers. */
class AnswerTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                  | it is empty",
        "{'spi':'1.0'                        | it is not JSON",
        "[]                                  | it must be an object",
        "{}                                  | spi is missing",
        "{'spi':1,'facts':[]}                | spi must be a string",
        "{'spi':'one','facts':[]}            | spi must be a version",
        "{'spi':'2.0','new':[]}              | spi is 2.0; only versions 1.x",
        "{'spi':'1.0'}                       | it must hold one of info, facts, seed and error",
        "{'spi':'1.0','facts':null}          | it must hold one of",
        "{'spi':'1.0','facts':[],'info':{}}  | it must hold one of",
        "{'spi':'1.0','facts':[],'log':''}   | log is not known here",
        "{'spi':'1.0','facts':[],'facts':[]} | it is not JSON as it must be: Duplicate",
        "{'spi':'1.0','facts':[]} true       | it is not JSON",
        "{'spi':'1.0','facts':{}}            | facts must be a list",
        "{'spi':'1.0','facts':[{'jsonFile':{'path':'../x'}}]}  | facts[0].jsonFile path must be relative",
        "{'spi':'1.0','facts':[{'clock':{}}]}                  | facts[0].clock is not a question",
        "{'spi':'1.0','facts':[{'usbDevice':{'id':'1-2','a':1}}]} | facts[0].usbDevice.a is not known",
        "{'spi':'1.0','error':{'code':'no','message':'x'}}     | error needs a code such as",
        "{'spi':'1.0','error':{'code':'NO','message':' '}}     | error needs a message",
        "{'spi':'1.0','error':{'code':'NO'}}                   | error.message is missing",
        "{'spi':'1.0','info':{'name':'A','summary':'','rootKinds':[]}} | info executor name must match",
        "{'spi':'1.0','info':{'name':'a','summary':'','rootKinds':['disk']}}"
            + " | info.rootKinds[0] must be one of image",
        "{'spi':'1.0','info':{'name':'a','summary':'','rootKinds':[],'options':[{'name':'x',"
            + "'type':'string','doc':'','required':true,'choices':['y']}]}} | info.options[0] has choices",
        "{'spi':'1.0','info':{'name':'a','summary':'','rootKinds':[],'options':[{'name':'x',"
            + "'type':'text','doc':''}]}} | info.options[0].type must be one of string",
      })
  void faultsNameThePlace(String json, String expected) {
    Problem problem = fault(json.replace('\'', '"').getBytes(UTF_8));
    assertEquals("ANSWER_INVALID", problem.code());
    assertEquals(Problem.Kind.HOST, problem.kind());
    assertTrue(problem.message().contains("cannot be used: " + expected), problem.message());
  }

  @Test
  void aFaultInASeedIsOneOfTheSeed() {
    Problem problem = fault("{\"spi\":\"1.0\",\"seed\":{\"base\":\"moon\"}}".getBytes(UTF_8));
    assertEquals("SEED_INVALID", problem.code());
    assertTrue(problem.message().contains("base must be one of"), problem.message());
  }

  @Test
  void aMinorVersionToComeIsRead() {
    assertEquals(
        new Answer.Questions(List.of()),
        Answer.fromBytes("{\"spi\":\"1.7\",\"facts\":[]}\n".getBytes(UTF_8)));
  }

  @Test
  void sizeIsBounded() {
    String rest = "{\"spi\":\"1.0\",\"facts\":[]}";
    String most = rest + " ".repeat(Answer.MAX_BYTES - rest.length());
    assertInstanceOf(Answer.Questions.class, Answer.fromBytes(most.getBytes(UTF_8)));
    assertTrue(
        fault((most + " ").getBytes(UTF_8))
            .message()
            .contains("has " + (Answer.MAX_BYTES + 1) + " bytes"));
  }

  @Test
  void depthIsBounded() {
    String deep = "[".repeat(100_000) + "]".repeat(100_000);
    assertTrue(fault(deep.getBytes(UTF_8)).message().contains("depth"));
  }

  @Test
  void whatIsNotUtf8IsRefused() {
    assertTrue(fault("{\"spi\":\"ä\"}".getBytes(UTF_16)).message().contains("is not UTF-8"));
  }

  /** An error goes to terminals and into records. */
  @Test
  void whatAnErrorQuotesIsShortAndPlain() {
    String key = "\\u001b[31m" + "k".repeat(10_000);
    String message =
        fault(("{\"spi\":\"1.0\",\"facts\":[],\"" + key + "\":1}").getBytes(UTF_8)).message();
    assertTrue(message.length() < 1000, message);
    assertTrue(message.chars().noneMatch(Character::isISOControl), message);
    assertTrue(message.contains("?[31mkkk"), message);
  }

  @Test
  void aLongRefusalIsCut() {
    Answer.Refusal refusal = new Answer.Refusal("A", "p".repeat(1000), "m".repeat(10_000));
    assertEquals(Answer.Refusal.MAX_PATH, refusal.path().length());
    assertEquals(Answer.Refusal.MAX_MESSAGE, refusal.message().length());
  }

  private static Problem fault(byte[] bytes) {
    return assertThrows(TaskException.class, () -> Answer.fromBytes(bytes)).first();
  }
}
