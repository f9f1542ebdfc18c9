package io.lssgen.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class Sha256Test {
  /** The example of FIPS 180-4 that is one block long. */
  @Test
  void aTextHasTheSumOfTheStandardsExample() {
    String sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assertThat(Sha256.digits("abc", 64)).isEqualTo(sum);
    assertThat(Sha256.digits("abc", 10)).isEqualTo("ba7816bf8f");
  }
}
