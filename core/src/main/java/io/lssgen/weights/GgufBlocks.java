package io.lssgen.weights;

/**
 * What the blocks of quantised numbers hold: the layouts of ggml's {@code block_q4_0} and so on
 * (ggml-common.h), one method each. They are plain loops over bytes, since the same in tensor
 * operations takes a dozen passes over memory.
 *
 * <p>Legend: b bytes, at a block's first; d its scale, m its offset; q a number before these. Of a
 * group of bytes, the lowest bits of all hold its first numbers, the next ones the next.
 */
final class GgufBlocks {
  private GgufBlocks() {}

  // ---- 32 numbers that share a scale -----------------------------------------------------------

  /** q of 4 bits, less 8. */
  static void q40(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    for (int i = 0; i < 16; i++) {
      int both = b[at + 2 + i];
      to[first + i] = d * ((both & 15) - 8);
      to[first + 16 + i] = d * ((both >> 4 & 15) - 8);
    }
  }

  /** q of 4 bits, and an offset. */
  static void q41(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    float m = half(b, at + 2);
    for (int i = 0; i < 16; i++) {
      int both = b[at + 4 + i];
      to[first + i] = d * (both & 15) + m;
      to[first + 16 + i] = d * (both >> 4 & 15) + m;
    }
  }

  /** q of 5 bits, the highest apart, less 16. */
  static void q50(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    int high = whole(b, at + 2);
    for (int i = 0; i < 16; i++) {
      int both = b[at + 6 + i];
      to[first + i] = d * ((both & 15 | (high >> i & 1) << 4) - 16);
      to[first + 16 + i] = d * ((both >> 4 & 15 | (high >> 16 + i & 1) << 4) - 16);
    }
  }

  /** q of 5 bits, the highest apart, and an offset. */
  static void q51(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    float m = half(b, at + 2);
    int high = whole(b, at + 4);
    for (int i = 0; i < 16; i++) {
      int both = b[at + 8 + i];
      to[first + i] = d * (both & 15 | (high >> i & 1) << 4) + m;
      to[first + 16 + i] = d * (both >> 4 & 15 | (high >> 16 + i & 1) << 4) + m;
    }
  }

  /** q of 8 bits with a sign. */
  static void q80(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    for (int i = 0; i < 32; i++) {
      to[first + i] = d * b[at + 2 + i];
    }
  }

  /** What 4 bits stand for where they are unevenly spaced. */
  private static final byte[] UNEVEN = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** q of 4 bits that stand for {@link #UNEVEN}. */
  static void iq4nl(byte[] b, int at, float[] to, int first) {
    uneven(b, at + 2, half(b, at), to, first);
  }

  private static void uneven(byte[] b, int at, float scale, float[] to, int first) {
    for (int i = 0; i < 16; i++) {
      int both = b[at + i];
      to[first + i] = scale * UNEVEN[both & 15];
      to[first + 16 + i] = scale * UNEVEN[both >> 4 & 15];
    }
  }

  // ---- 256 numbers, whose parts have scales in units of the block's -----------------------------

  /** 16 parts with scales and offsets of 4 bits; q of 2. */
  static void q2k(byte[] b, int at, float[] to, int first) {
    float d = half(b, at + 80);
    float m = half(b, at + 82);
    for (int part = 0; part < 16; part++) {
      float scale = d * (b[at + part] & 15);
      float offset = m * (b[at + part] >> 4 & 15);
      int q = at + 16 + bytesOfTwoBits(part);
      int shift = shiftOfTwoBits(part);
      for (int i = 0; i < 16; i++) {
        to[first + 16 * part + i] = scale * (b[q + i] >> shift & 3) - offset;
      }
    }
  }

  /** 16 parts with scales of 6 bits; q of 3 bits, the highest apart, less 4. */
  static void q3k(byte[] b, int at, float[] to, int first) {
    float d = half(b, at + 108);
    for (int part = 0; part < 16; part++) {
      int low = b[at + 96 + part % 8] >> part / 8 * 4 & 15;
      int high = b[at + 104 + part % 4] >> part / 4 * 2 & 3;
      float scale = d * ((low | high << 4) - 32);
      int q = at + 32 + bytesOfTwoBits(part);
      int shift = shiftOfTwoBits(part);
      int top = at + part % 2 * 16;
      for (int i = 0; i < 16; i++) {
        int value = b[q + i] >> shift & 3 | (b[top + i] >> part / 2 & 1) << 2;
        to[first + 16 * part + i] = scale * (value - 4);
      }
    }
  }

  /** Where a part's 16 numbers of two bits begin: two groups of 32 bytes hold eight parts each. */
  private static int bytesOfTwoBits(int part) {
    return part / 8 * 32 + part % 2 * 16;
  }

  private static int shiftOfTwoBits(int part) {
    return part % 8 / 2 * 2;
  }

  /** 8 parts with scales and offsets of 6 bits; q of 4. */
  static void q4k(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    float m = half(b, at + 2);
    for (int part = 0; part < 8; part++) {
      float scale = d * scaleOf(b, at + 4, part);
      float offset = m * offsetOf(b, at + 4, part);
      int q = at + 16 + part / 2 * 32;
      int shift = part % 2 * 4;
      for (int i = 0; i < 32; i++) {
        to[first + 32 * part + i] = scale * (b[q + i] >> shift & 15) - offset;
      }
    }
  }

  /** As {@link #q4k}, q of 5 bits, the highest apart. */
  static void q5k(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    float m = half(b, at + 2);
    for (int part = 0; part < 8; part++) {
      float scale = d * scaleOf(b, at + 4, part);
      float offset = m * offsetOf(b, at + 4, part);
      int q = at + 48 + part / 2 * 32;
      int shift = part % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int value = b[q + i] >> shift & 15 | (b[at + 16 + i] >> part & 1) << 4;
        to[first + 32 * part + i] = scale * value - offset;
      }
    }
  }

  /** 16 parts with scales of 8 bits; q of 6 bits, the highest two apart, less 32. */
  static void q6k(byte[] b, int at, float[] to, int first) {
    float d = half(b, at + 208);
    for (int part = 0; part < 16; part++) {
      float scale = d * b[at + 192 + part];
      int low = at + part / 8 * 64 + part % 4 * 16;
      int lowShift = part % 8 / 4 * 4;
      int high = at + 128 + bytesOfTwoBits(part);
      int highShift = shiftOfTwoBits(part);
      for (int i = 0; i < 16; i++) {
        int q = b[low + i] >> lowShift & 15 | (b[high + i] >> highShift & 3) << 4;
        to[first + 16 * part + i] = scale * (q - 32);
      }
    }
  }

  /** 8 parts with scales of 6 bits, the highest two apart, less 32; q as of {@link #iq4nl}. */
  static void iq4xs(byte[] b, int at, float[] to, int first) {
    float d = half(b, at);
    int high = b[at + 2] & 0xff | (b[at + 3] & 0xff) << 8;
    for (int part = 0; part < 8; part++) {
      int low = b[at + 4 + part / 2] >> part % 2 * 4 & 15;
      float scale = d * ((low | (high >> 2 * part & 3) << 4) - 32);
      uneven(b, at + 8 + 16 * part, scale, to, first + 32 * part);
    }
  }

  /**
   * One of eight scales of 6 bits in twelve bytes: the first four bytes hold scales 0 to 3, the
   * last four the lower halves of the others, whose upper bits are on top of the first.
   */
  private static int scaleOf(byte[] b, int at, int part) {
    return part < 4 ? b[at + part] & 63 : b[at + 4 + part] & 15 | (b[at + part - 4] >> 6 & 3) << 4;
  }

  /**
   * One of eight offsets, beside the scales: bytes 4 to 7, and the upper halves of the last four.
   */
  private static int offsetOf(byte[] b, int at, int part) {
    return part < 4
        ? b[at + 4 + part] & 63
        : b[at + 4 + part] >> 4 & 15 | (b[at + part] >> 6 & 3) << 4;
  }

  private static int whole(byte[] b, int at) {
    return b[at] & 0xff | (b[at + 1] & 0xff) << 8 | (b[at + 2] & 0xff) << 16 | b[at + 3] << 24;
  }

  /** A number of fp16, exactly. */
  static float half(byte[] b, int at) {
    int bits = b[at] & 0xff | b[at + 1] << 8;
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    float magnitude =
        switch (exponent) {
          case 0 -> fraction * 0x1p-24f;
          case 31 -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Float.intBitsToFloat(exponent + 112 << 23 | fraction << 13);
        };
    return bits < 0 ? -magnitude : magnitude;
  }
}
