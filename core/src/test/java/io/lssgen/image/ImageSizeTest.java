package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSizeTest {
  @Test
  void readsWhatItWrites() {
    ImageSize size = ImageSize.parse("1024x768");
    assertThat(size).isEqualTo(new ImageSize(1024, 768)).hasToString("1024x768");
    assertThat(new ImageSize(100_000, 100_000).pixels()).isEqualTo(10_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1024", "1024x", "x768", "0x1", "-1x1", "1 x 1", "1x1x1", "9999999999x1"})
  void refusesOtherTexts(String text) {
    assertThatThrownBy(() -> ImageSize.parse(text))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("wanted an image size");
  }
}
