package org.lfedge.eve.tasks.core.registry;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Who may have what of a {@link FixtureRegistry}, and the tokens that it gives. */
public final class FixtureAccess {

  private static final String TOKEN_PATH = "/token";

  private final AtomicInteger tokensGiven = new AtomicInteger();
  private final Set<String> validTokens = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Rule rule;

  /**
   * Who may enter.
   *
   * @param challenge of the answer 401
   * @param login {@code user:password} of those who get a token; anyone does if it is empty
   * @param identity the refresh token that gets one too
   * @param seconds how long tokens last by their own account
   */
  private record Rule(String challenge, Optional<String> login, String identity, int seconds) {}

  /** Wants {@code user:password} with every request. */
  public void wantBasic(String login) {
    rule = new Rule("Basic realm=\"fixture\"", Optional.of(login), "", 0);
  }

  /**
   * Wants a token.
   *
   * @param realm where it is said to be given; {@code /token} of the fixture gives them
   * @param login {@code user:password} of those who get one; anyone does if it is empty
   * @param identity the refresh token that gets one too
   * @param seconds how long tokens last by their own account
   */
  public void wantBearer(String realm, Optional<String> login, String identity, int seconds) {
    rule =
        new Rule(
            "Bearer realm=\"" + realm + "\",service=\"fixture\",scope=\"repository:x:pull\"",
            login,
            identity,
            seconds);
  }

  /** Lets no token in that was given so far. */
  public void expireTokens() {
    validTokens.clear();
  }

  /** Lets in whoever shows a token that was given elsewhere. */
  public void allowToken(String token) {
    validTokens.add(token);
  }

  /** How many tokens were given. */
  public int tokensGiven() {
    return tokensGiven.get();
  }

  /** The answer to a request for a token or to one that may not enter; empty for others. */
  Optional<FixtureReply> answer(FixtureRegistry.Request request) {
    Rule needed = rule;
    if (request.path().equals(TOKEN_PATH)) {
      return Optional.of(token(request, needed));
    }
    return needed == null || mayEnter(request, needed)
        ? Optional.empty()
        : Optional.of(
            FixtureRegistry.error(401, "UNAUTHORIZED")
                .with("WWW-Authenticate", needed.challenge()));
  }

  private boolean mayEnter(FixtureRegistry.Request request, Rule needed) {
    String shown = request.header("authorization").orElse("");
    return needed.challenge().startsWith("Basic")
        ? shown.equals(basic(needed.login().orElseThrow()))
        : shown.startsWith("Bearer ") && validTokens.contains(shown.substring(7));
  }

  private FixtureReply token(FixtureRegistry.Request request, @Nullable Rule needed) {
    if (needed == null || !isKnown(request, needed)) {
      return FixtureRegistry.error(401, "DENIED");
    }
    String token = "token-" + tokensGiven.incrementAndGet();
    validTokens.add(token);
    String body = "{\"token\":\"" + token + "\",\"expires_in\":" + needed.seconds() + "}";
    return FixtureReply.of(200, "application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean isKnown(FixtureRegistry.Request request, Rule needed) {
    if (request.method().equals("POST")) {
      return form(request.body()).getOrDefault("refresh_token", "").equals(needed.identity());
    }
    return needed.login().isEmpty()
        || request.header("authorization").equals(needed.login().map(FixtureAccess::basic));
  }

  /** The header of {@code user:password}. */
  static String basic(String login) {
    return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> form(String body) {
    Map<String, String> values = new TreeMap<>();
    for (String pair : body.split("&")) {
      String[] parts = pair.split("=", 2);
      values.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return values;
  }
}
