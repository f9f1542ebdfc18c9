package io.lssgen.hub;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.hub.HubConnections.Answer;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Set;

/** What the hub's refusals mean, and what to do about them. */
final class HubFailures {
  private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);
  private static final int TOO_MANY = 429;
  private static final int LONGEST = 200;

  private final HubSettings settings;
  private final HubName name;

  HubFailures(HubSettings settings, HubName name) {
    this.settings = settings;
    this.name = name;
  }

  /**
   * Does nothing unless {@code answer} is a refusal.
   *
   * @param own whether it comes from the hub itself, not from a host that it redirected to
   * @throws TransientFailure if asking again may help
   * @throws LssGenException if it does not
   */
  void requireSuccess(Answer answer, boolean own) throws TransientFailure {
    int status = answer.status();
    if (status >= 200 && status < 400) {
      return;
    }
    answer.end();
    // Other hosts get addresses that hold for some minutes: the hub gives a new one.
    if (PASSING.contains(status) || !own) {
      String advice =
          status == TOO_MANY && settings.token().isEmpty()
              ? " (too many requests; with HF_TOKEN set, more are allowed)"
              : "";
      throw new TransientFailure(
          "%s cannot be fetched: %s answers with HTTP %d%s"
              .formatted(name, answer.uri().getHost(), status, advice),
          wait(answer),
          false);
    }
    throw refusal(answer);
  }

  private LssGenException refusal(Answer answer) {
    String code = answer.header("X-Error-Code", "");
    int status = answer.status();
    if (code.equals("RevisionNotFound")) {
      return new ModelException(
          "%s has no revision '%s' at %s; name a branch, a tag or a commit of it"
              .formatted(name.id(), name.revision(), settings.endpoint()));
    }
    if (code.equals("EntryNotFound")) {
      return new ModelException(
          "%s cannot be fetched: the hub lists a file that it does not have, %s"
              .formatted(name, answer.uri().getPath()));
    }
    if (code.equals("GatedRepo") || status == 403) {
      return gated(answer);
    }
    if (status == 401 && settings.token().isPresent() && !code.equals("RepoNotFound")) {
      return new ModelException(
          "%s refuses the token that was sent for %s (HTTP 401); set HF_TOKEN to a valid one"
              .formatted(settings.endpoint(), name));
    }
    if (status == 401 || status == 404) {
      return unknown(status);
    }
    return new LssGenException(
        "%s cannot be fetched: %s answers with HTTP %d%s"
            .formatted(name, settings.endpoint(), status, said(answer)));
  }

  /** The hub's own words, if it has any. */
  private static String said(Answer answer) {
    String text = answer.header("X-Error-Message", "");
    return text.isEmpty()
        ? ""
        : ", saying '%s'".formatted(text.substring(0, Math.min(LONGEST, text.length())));
  }

  private ModelException gated(Answer answer) {
    String token =
        settings.token().isPresent() ? "the token sent is not enough" : "no token was sent";
    return new ModelException(
        ("%s may be fetched only by those whom its owner allows (HTTP %d, %s%s); accept its licence"
                + " at %s/%s and set HF_TOKEN")
            .formatted(name, answer.status(), token, said(answer), settings.endpoint(), name.id()));
  }

  private ModelException unknown(int status) {
    return new ModelException(
        ("there is no folder %s and no such model at %s (HTTP %d); check the name, or, if the model"
                + " is private or its licence must be accepted, do so at its page and set HF_TOKEN")
            .formatted(name, settings.endpoint(), status));
  }

  /** The hub or the way there is out of reach. */
  LssGenException unreachable(Exception cause) {
    return new LssGenException(
        ("%s cannot be fetched: no connection to %s; check the network, the JVM's proxy settings and"
                + " HF_ENDPOINT")
            .formatted(name, cause.getMessage()),
        cause);
  }

  /** What the header Retry-After asks for, in either of its forms; zero if there is none. */
  private static Duration wait(Answer answer) {
    String text = answer.header("Retry-After", "0").strip();
    try {
      return Duration.ofSeconds(Math.max(0, Long.parseLong(text)));
    } catch (NumberFormatException e) {
      try {
        ZonedDateTime until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
        Duration left = Duration.between(ZonedDateTime.now(until.getZone()), until);
        return left.isNegative() ? Duration.ZERO : left;
      } catch (DateTimeException noDate) {
        return Duration.ZERO;
      }
    }
  }
}
