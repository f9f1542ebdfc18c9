package io.lssgen.weights;

/**
 * Floats of 8 bits, each a block of its own: {@code float8_e4m3fn}, which has no infinities, and
 * {@code float8_e5m2}. Source: Micikevicius et al., "FP8 Formats for Deep Learning", <a
 * href="https://arxiv.org/abs/2209.05433">arXiv 2209.05433</a>, table 1.
 */
final class Float8 {
  /** 4 bits of exponent, 3 of fraction. */
  static final BlockFormat E4M3 = format(e4m3());

  /** 5 bits of exponent, 2 of fraction: the first half of fp16. */
  static final BlockFormat E5M2 = format(e5m2());

  private Float8() {}

  private static BlockFormat format(float[] values) {
    return new BlockFormat(
        1,
        1,
        (blocks, numbers, count) -> {
          for (int i = 0; i < count; i++) {
            numbers[i] = values[blocks[i] & 0xff];
          }
        });
  }

  private static float[] e4m3() {
    float[] values = new float[256];
    for (int bits = 0; bits < values.length; bits++) {
      int exponent = bits >> 3 & 15;
      int fraction = bits & 7;
      float magnitude =
          exponent == 15 && fraction == 7
              ? Float.NaN
              : exponent == 0 ? fraction * 0x1p-9f : Math.scalb(1 + fraction / 8f, exponent - 7);
      values[bits] = bits >= 128 ? -magnitude : magnitude;
    }
    return values;
  }

  private static float[] e5m2() {
    float[] values = new float[256];
    for (int bits = 0; bits < values.length; bits++) {
      values[bits] = GgufBlocks.half(new byte[] {0, (byte) bits}, 0);
    }
    return values;
  }
}
