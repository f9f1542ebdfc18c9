package io.lssgen.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Captions in the manner of those that small models are trained with. */
final class OwnVocabularies {
  private static final String[] THINGS =
      ("dog cat apple lemon strawberry penguin car automobile t-shirt rainbow umbrella tree rose"
              + " crème brûlée robot guitar teddy bear circle square triangle star heart")
          .split(" ");
  private static final String[] COLOURS = "red blue green yellow purple orange white".split(" ");

  private OwnVocabularies() {}

  static List<String> captions() {
    Random random = new Random(5);
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      String first = THINGS[random.nextInt(THINGS.length)];
      String second = THINGS[random.nextInt(THINGS.length)];
      String colour = COLOURS[random.nextInt(COLOURS.length)];
      captions.add(
          switch (i % 5) {
            case 0 -> "a " + first + " to the left of a " + second;
            case 1 -> "Two " + first + "s, " + colour + " background";
            case 2 -> "a big " + first + " above a small " + second + " on " + colour + ".";
            case 3 -> "three " + first + "s next to one " + second + " in flat style";
            default -> "it's a " + colour + " " + first + "!";
          });
    }
    return captions;
  }
}
