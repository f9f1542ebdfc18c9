package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KeyMapTest {
  @Test
  void readsAsATable() {
    KeyMap map =
        KeyMap.builder()
            .rename("img_in.weight", "x_embedder.weight")
            .rename("double.{i}.mod.{j}.lin", "blocks.{i}.norm{j}")
            .rename("single.{i}.*", "singles.{i}.inner.*")
            .rename("model.*", "*")
            .drop("ids.{i}")
            .drop("ema.*")
            .build();
    assertThat(map.translate("img_in.weight")).contains("x_embedder.weight");
    assertThat(map.translate("img_in_weight")).contains("img_in_weight");
    assertThat(map.translate("double.12.mod.1.lin")).contains("blocks.12.norm1");
    assertThat(map.translate("double.x.mod.1.lin")).contains("double.x.mod.1.lin");
    assertThat(map.translate("single.3.a$1.b")).contains("singles.3.inner.a$1.b");
    assertThat(map.translate("model.a")).contains("a");
    assertThat(map.translate("ids.7")).isEmpty();
    assertThat(map.translate("ema.anything")).isEmpty();
  }

  @Test
  void theFirstRuleThatFitsDecides() {
    KeyMap map = KeyMap.builder().rename("a.b", "first").rename("a.*", "*").build();
    assertThat(map.translate("a.b")).contains("first");
    assertThat(map.translate("a.c")).contains("c");
    assertThat(KeyMap.identity().translate("any")).contains("any");
  }

  @Test
  void whatIsMoreThanRenamedHasNoOneName() {
    KeyMap map = KeyMap.builder().split("qkv.{i}.*", "q.{i}.*", "k.{i}.*").build();
    assertThat(map.parts("qkv.3.bias"))
        .extracting(KeyMap.Part::name)
        .containsExactly("q.3.bias", "k.3.bias");
    assertThatThrownBy(() -> map.translate("qkv.3.bias"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("qkv.3.bias");
    assertThatThrownBy(() -> KeyMap.builder().split("a", new int[] {1}, "b", "c"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesPlaceholdersWithoutCounterpart() {
    assertThatThrownBy(() -> KeyMap.builder().rename("a.{i}", "b.{j}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("{j}");
    assertThatThrownBy(() -> KeyMap.builder().rename("a", "b.*"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
