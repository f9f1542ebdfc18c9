package io.lssgen.lora;

import java.util.List;
import java.util.Optional;

/** What a tensor of a LoRA's file is to its layer, which the end of its name tells. */
enum LayerPart {
  DOWN(
      ".lora_down.weight", // kohya
      ".lora_A.weight", // PEFT and diffusers
      ".lora_A.default.weight",
      ".lora.down.weight", // diffusers before PEFT
      "_lora.down.weight",
      ".lora_linear_layer.down.weight"),
  UP(
      ".lora_up.weight",
      ".lora_B.weight",
      ".lora_B.default.weight",
      ".lora.up.weight",
      "_lora.up.weight",
      ".lora_linear_layer.up.weight"),
  CORE(".lora_mid.weight"),
  ALPHA(".alpha"),
  /** DoRA's norms, of rows or columns as their shape says. */
  MAGNITUDE(".dora_scale"),
  /** PEFT's, of rows always. */
  ROW_MAGNITUDE(
      ".lora_magnitude_vector",
      ".lora_magnitude_vector.weight",
      ".lora_magnitude_vector.default.weight"),
  HADAMARD_1_UP(".hada_w1_a"),
  HADAMARD_1_DOWN(".hada_w1_b"),
  HADAMARD_1_CORE(".hada_t1"),
  HADAMARD_2_UP(".hada_w2_a"),
  HADAMARD_2_DOWN(".hada_w2_b"),
  HADAMARD_2_CORE(".hada_t2"),
  KRONECKER_1(".lokr_w1"),
  KRONECKER_1_UP(".lokr_w1_a"),
  KRONECKER_1_DOWN(".lokr_w1_b"),
  KRONECKER_2(".lokr_w2"),
  KRONECKER_2_UP(".lokr_w2_a"),
  KRONECKER_2_DOWN(".lokr_w2_b"),
  KRONECKER_2_CORE(".lokr_t2");

  private final List<String> endings;

  LayerPart(String... endings) {
    this.endings = List.of(endings);
  }

  /** A tensor's part, and the module that its name begins with. */
  record Named(String module, LayerPart part) {}

  /** What a tensor of this name is; empty if it is no part of a layer. */
  static Optional<Named> of(String tensor) {
    for (LayerPart part : values()) {
      for (String ending : part.endings) {
        if (tensor.endsWith(ending)) {
          return Optional.of(
              new Named(tensor.substring(0, tensor.length() - ending.length()), part));
        }
      }
    }
    return Optional.empty();
  }
}
