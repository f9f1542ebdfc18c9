package io.lssgen.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.server.TinyServer.Answer;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The web page as the build put it into the jar; {@code tools/clients/page} uses it in a browser.
 */
class PageTest {
  private static final Pattern ADDRESS = Pattern.compile("(?:src|href)=\"([^\"#]+)\"");

  @RegisterExtension static final TinyServer server = new TinyServer();

  private static String text(Answer answer) {
    return new String(answer.raw().body(), UTF_8);
  }

  @Test
  void allThatThePageNamesIsServed() {
    Answer page = server.get("/");
    List<String> addresses =
        ADDRESS.matcher(text(page)).results().map(match -> match.group(1)).distinct().toList();

    assertThat(page.header("Content-Type")).startsWith("text/html");
    assertThat(addresses).contains("/assets/main.js", "/assets/theme.js", "/assets/style.css");
    for (String address : addresses) {
      Answer asset = server.get(address);
      assertThat(asset.status()).as(address).isEqualTo(200);
      assertThat(asset.header("Content-Type"))
          .as(address)
          .startsWith(
              switch (address.substring(address.lastIndexOf('.'))) {
                case ".js" -> "text/javascript";
                case ".css" -> "text/css";
                default -> "image/svg+xml";
              });
    }
  }

  /** The policy that comes with the page lets none of it pass. */
  @Test
  void pageHoldsNoScriptOrStyleItself() {
    String page = text(server.get("/"));

    assertThat(page).doesNotContainIgnoringCase("<style", " style=", "javascript:");
    assertThat(page).doesNotContainPattern("(?i)\\son[a-z]+=");
    assertThat(Pattern.compile("<script[^>]*>(?!</script>)").matcher(page).results())
        .extracting(MatchResult::group)
        .isEmpty();
  }

  @Test
  void nothingIsFetchedFromElsewhere() {
    for (String address : List.of("/", "/assets/main.js", "/assets/style.css")) {
      assertThat(text(server.get(address))).as(address).doesNotContainPattern("https?://|\"//");
    }
  }

  @Test
  void namesLeadNowhereElse() {
    for (String name : List.of("none.js", "..%2Fopenapi.yaml", "..%5Copenapi.yaml", ".", "%00")) {
      assertThat(server.get("/assets/" + name).status()).as(name).isIn(400, 404);
    }
  }
}
