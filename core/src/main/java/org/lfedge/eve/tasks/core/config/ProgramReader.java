package org.lfedge.eve.tasks.core.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;

/** What a task document hands to programs: arguments and variables. */
final class ProgramReader {

  /** Linux takes no longer argument and no longer variable: MAX_ARG_STRLEN, less the final NUL. */
  private static final int MAX_ARGUMENT = 128 * 1024 - 1;

  private static final TextForm VARIABLE =
      new TextForm(1024, "[^=\\x00]+", "BAD_NAME", "a text without '=' and NUL");

  /** The key of a secret becomes the name of a file in the task. */
  private static final TextForm SECRET =
      new TextForm(
          128,
          "[A-Za-z0-9_][A-Za-z0-9_.-]*",
          "BAD_NAME",
          "letters, digits, '_', '.' and '-', the first no '.' or '-', to be the name of a file");

  private ProgramReader() {}

  /** An element of a list of a program and its arguments. */
  static Optional<String> argument(int index, DocumentValue v) {
    return v.scalar()
        .flatMap(
            argument -> {
              if (index == 0 && argument.isEmpty()) {
                return v.refuse("BAD_VALUE", "must name a program");
              }
              return bytes(argument) > MAX_ARGUMENT
                  ? v.refuse("OUT_OF_RANGE", "must have at most " + MAX_ARGUMENT + " bytes")
                  : Optional.of(argument);
            });
  }

  /**
   * {@code env:}.
   *
   * @param baseDirectory where the paths of secrets start
   */
  static Optional<SortedMap<String, EnvValue>> env(DocumentObject env, Path baseDirectory) {
    return Optional.of(
        env.entries(
            DocumentValue.MAX_LIST,
            (key, v) -> v.isObject() ? secret(key, v, baseDirectory) : variable(key, v)));
  }

  private static Optional<EnvValue> variable(String key, DocumentValue v) {
    if (!VARIABLE.fits(key)) {
      return v.refuse(VARIABLE.code(), "the name of a variable " + VARIABLE.message());
    }
    return v.scalar()
        .flatMap(
            text ->
                bytes(key) + 1 + bytes(text) > MAX_ARGUMENT
                    ? v.refuse(
                        "OUT_OF_RANGE",
                        "name and value must have less than "
                            + MAX_ARGUMENT
                            + " bytes together; give it as a file")
                    : Optional.of(new EnvValue.Text(text)));
  }

  private static Optional<EnvValue> secret(String key, DocumentValue v, Path baseDirectory) {
    if (!SECRET.fits(key)) {
      v.refuse(SECRET.code(), "the name of a secret " + SECRET.message());
    }
    return v.object(
        value ->
            value
                .required(
                    "secret",
                    s -> s.object(secret -> secret.required("file", f -> f.path(baseDirectory))))
                .map(EnvValue.Secret::new));
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
