package org.lfedge.eve.tasks.spi.contract;

/**
 * A rule that an executor does not keep.
 *
 * @param rule which one
 * @param detail what was seen, for the author of the executor
 */
public record Violation(Rule rule, String detail) {

  /** What every executor must do. */
  public enum Rule {
    INFO_FAILS("info() answers, and never throws"),
    INFO_CHANGES("info() gives the same answer at every call and from every instance"),
    FACTS_FAIL("facts() gives a list of queries, or throws a SeedException and nothing else"),
    FACTS_CHANGE("facts() asks the same for the same input"),
    FACTS_NEVER_SETTLE("facts() asks for something new at most three times"),
    FACT_NOT_ASKED("seed() uses no fact that facts() did not ask for"),
    SEED_FAILS("seed() gives a seed, or throws a SeedException and nothing else"),
    SEED_CHANGES("seed() gives the same for the same input, from every instance"),
    CONTEXT_READ("facts() and seed() do not depend on the thread's context class loader"),
    CONTEXT_CHANGED("facts() and seed() leave the thread and the defaults of the JVM as they were"),
    INPUT_CHANGED("facts() and seed() change nothing that they are given"),
    REFUSAL_UNCLEAR("a refusal has a code in capitals and a message"),
    KIND_NOT_DECLARED("a root of a kind that info() does not declare is refused"),
    KIND_NEVER_SEEDED("a root of a kind that info() declares can be seeded"),
    ENV_LOST(
        "each variable of the document is in the seed, once, with its value, unless the anchor is of"
            + " the tools"),
    READ_ONLY_LOST("a root that is read-only in the document is read-only in the seed"),
    ROOT_NOT_PLACED(
        "the root of the task is the anchor's own, or the source of exactly one mount if that is of"
            + " the tools"),
    NO_TOOLS("the anchor and the interpreters are of the tools only if the task has tools"),
    NO_USER_NAMESPACE("only executors whose tasks have a user namespace give them binary formats"),
    ANCHOR_WITHOUT_MEMORY(
        "where a hypervisor gives the memory that a task asks for, the tax has a part in the cgroup"),
    VOLUME_NOT_PLACED(
        "each volume of the task is the source of exactly one mount, in a view that it offers; one"
            + " that offers ISO9660 alone may be left out"),
    VOLUME_READ_ONLY_LOST("a volume that is read-only in the document is mounted read-only"),
    ATTACHMENT_WITHOUT_INTERFACE(
        "each attachment joins an interface of the task, by a tap with a name of its own"),
    DEVICE_NOT_TAKEN(
        "each device of the task is among those of the seed as it is; further ones are device nodes"),
    GRACE_EXCEEDED("the first stop step takes no longer than the document allows");

    private final String text;

    Rule(String text) {
      this.text = text;
    }

    /** What is asked of an executor, in one sentence. */
    public String text() {
      return text;
    }
  }

  @Override
  public String toString() {
    return rule + " (" + rule.text() + "): " + detail;
  }
}
