package io.lssgen.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Names that Jetty itself would refuse to pass on; here they come all the same. */
class StaticFilesTest {
  @Test
  void namesLeadNowhereElse() {
    assertThat(StaticFiles.find("index.html")).isPresent();
    for (String name :
        List.of(
            "../openapi.yaml",
            "./index.html",
            "../page/index.html",
            "..",
            ".",
            "",
            "/etc/passwd",
            "%2e%2e/openapi.yaml",
            "..\\openapi.yaml",
            "index.html\0.png",
            "../http/StaticFiles.class")) {
      assertThat(StaticFiles.find(name)).as(name).isEmpty();
    }
  }
}
