package io.lssgen.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The variables and defaults that huggingface_hub's documentation gives. */
class HubSettingsTest {
  @TempDir Path home;

  private HubSettings of(String... variables) {
    Map<String, String> environment = new HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return HubSettings.of(environment, home);
  }

  @Test
  void defaults() {
    HubSettings settings = of();
    assertThat(settings.cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(settings.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
    assertThat(settings.token()).isEmpty();
    assertThat(settings.offline()).isFalse();
    assertThat(settings.symlinks()).isTrue();
    assertThat(settings.progress()).isTrue();
  }

  @Test
  void nearerVariableOfTheCachesWins() {
    String xdg = home.resolve("xdg").toString();
    assertThat(of("XDG_CACHE_HOME", xdg).cache()).isEqualTo(home.resolve("xdg/huggingface/hub"));
    assertThat(of("XDG_CACHE_HOME", xdg, "HF_HOME", "~/hf").cache())
        .isEqualTo(home.resolve("hf/hub"));
    assertThat(of("HF_HOME", "~/hf", "HF_HUB_CACHE", "${HF_HOME}x/$USER/c", "USER", "me").cache())
        .isEqualTo(home.resolve("hfx/me/c"));
    assertThat(of("HUGGINGFACE_HUB_CACHE", "/old", "HF_HUB_CACHE", "").cache())
        .isEqualTo(Path.of("/old").toAbsolutePath());
  }

  @Test
  void switches() {
    assertThat(of("HF_HUB_OFFLINE", "yes").offline()).isTrue();
    assertThat(of("TRANSFORMERS_OFFLINE", "1").offline()).isTrue();
    assertThat(of("HF_HUB_OFFLINE", "0").offline()).isFalse();
    assertThat(of("HF_HUB_DISABLE_PROGRESS_BARS", "1").progress()).isFalse();
    assertThat(of("HF_HUB_DISABLE_SYMLINKS", "true").symlinks()).isFalse();
  }

  @Test
  void endpoint() {
    assertThat(of("HF_ENDPOINT", "http://mirror:8080/hub/").endpoint())
        .isEqualTo(URI.create("http://mirror:8080/hub"));
    for (String wrong : new String[] {"mirror", "ftp://mirror", "https://", "http://a b"}) {
      assertThatThrownBy(() -> of("HF_ENDPOINT", wrong))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("HF_ENDPOINT");
    }
  }

  @Test
  void tokenOfTheEnvironmentWinsOverTheFiles() throws IOException {
    Path file = home.resolve(".cache/huggingface/token");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "hf_file\n");
    assertThat(of().token()).contains("hf_file");
    assertThat(of("HF_TOKEN", " hf_env ").token()).contains("hf_env");
    assertThat(of("HF_TOKEN", "", "HUGGING_FACE_HUB_TOKEN", "hf_old").token()).contains("hf_old");
    assertThat(of("HF_TOKEN_PATH", home.resolve("none").toString()).token()).isEmpty();
    assertThat(of("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token()).isEmpty();
    assertThatThrownBy(() -> of("HF_TOKEN", "hf_a\r\nX-Evil: 1"))
        .isInstanceOf(UsageException.class)
        .hasMessageNotContaining("hf_a");
  }
}
