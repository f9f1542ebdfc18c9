package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedModelTest {
  @TempDir Path folder;

  @Test
  void modelThatIsNotPartOfTheBuildIsNamed() {
    assertThatThrownBy(() -> EmbeddedModel.folder("no-such-model"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("io/lssgen/models/no-such-model/model_index.json")
        .hasMessageContaining("--model");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"no-such-model", "upsamplers", "./emoji-flux", "org/name", "../x", "", "A"})
  void whatIsNotTheNameOfAModelThatComesAlongIsLeftToOthers(String name) {
    assertThat(EmbeddedModel.named(name)).isEmpty();
  }

  @Test
  void modelInAJarIsUnpackedOnceForEachContent() throws IOException {
    Path cache = folder.resolve("cache");

    Path first = EmbeddedModel.unpacked("tiny", jar("first.jar", "one"), cache);
    Path again = EmbeddedModel.unpacked("tiny", jar("again.jar", "one"), cache);
    Path other = EmbeddedModel.unpacked("tiny", jar("other.jar", "two"), cache);

    assertThat(again).isEqualTo(first).isNotEqualTo(other);
    assertThat(first.resolve("model_index.json")).hasContent("{}");
    assertThat(first.resolve("vae/weights")).hasContent("one");
    assertThat(other.resolve("vae/weights")).hasContent("two");
    try (Stream<Path> left = Files.list(cache)) {
      assertThat(left).containsExactlyInAnyOrder(first, other);
    }
  }

  private JarURLConnection jar(String name, String weights) throws IOException {
    Path jar = folder.resolve(name);
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      add(out, "io/lssgen/models/tiny/model_index.json", "{}");
      add(out, "io/lssgen/models/tiny/vae/weights", weights);
      add(out, "io/lssgen/models/another/model_index.json", "{}");
    }
    URI uri = URI.create("jar:" + jar.toUri() + "!/io/lssgen/models/tiny/model_index.json");
    return (JarURLConnection) uri.toURL().openConnection();
  }

  private static void add(JarOutputStream out, String name, String text) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.closeEntry();
  }
}
