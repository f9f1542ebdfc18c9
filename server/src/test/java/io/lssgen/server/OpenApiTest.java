package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OpenApiTest {
  @RegisterExtension static final TinyServer server = new TinyServer();

  @Test
  void documentIsValidAndHasEveryRoute() {
    JsonNode document = server.get("/openapi.json").json();

    SwaggerParseResult result = new OpenAPIV3Parser().readContents(document.toString(), null, null);

    assertThat(result.getMessages()).isEmpty();
    List<String> described = new ArrayList<>();
    document
        .get("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (!method.equals("parameters")) {
                            described.add(method + " " + path.getKey());
                          }
                        }));
    assertThat(described).containsExactlyInAnyOrderElementsOf(server.server().routes());
  }
}
