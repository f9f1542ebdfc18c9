package io.lssgen.train;

import io.lssgen.scenes.Mention;
import io.lssgen.tensor.Functional;
import io.lssgen.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * Where in the picture the tokens of captions will find what they name, as numbers of the cells of
 * a grid of {@value #SIDE} × {@value #SIDE}, row by row.
 */
final class WordPlaces {
  private static final int SIDE = 3;

  /** How many there are. */
  static final int COUNT = SIDE * SIDE;

  private WordPlaces() {}

  /**
   * @param mentions in each caption
   * @param length tokens that each caption is cut or padded to
   * @return caption by caption; {@link Functional#NO_CLASS} at tokens that name nothing
   */
  static long[] of(
      Tokenizer tokenizer, List<String> captions, List<List<Mention>> mentions, int length) {
    long[] places = new long[captions.size() * length];
    Arrays.fill(places, Functional.NO_CLASS);
    for (int i = 0; i < captions.size(); i++) {
      String caption = captions.get(i);
      for (Mention mention : mentions.get(i)) {
        int from = Math.min(length, tokens(tokenizer, caption.substring(0, mention.start())));
        int to = Math.min(length, tokens(tokenizer, caption.substring(0, mention.end())));
        Arrays.fill(places, i * length + from, i * length + to, place(mention));
      }
    }
    return places;
  }

  /** Words are cut into tokens one by one, so that what follows changes nothing. */
  private static int tokens(Tokenizer tokenizer, String beginning) {
    return tokenizer.encode(beginning.strip()).length() - 1; // without the mark of the end
  }

  private static long place(Mention mention) {
    return SIDE * cell(mention.y()) + cell(mention.x());
  }

  private static long cell(double place) {
    return Math.min(SIDE - 1, (long) (place * SIDE));
  }
}
