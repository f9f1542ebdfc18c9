package io.lssgen.train;

import io.lssgen.scenes.Mention;
import java.util.List;
import java.util.SortedSet;

/** Pictures with what they show, in words. */
public interface CaptionedImages extends ImageSource {
  /** A caption of picture {@code index}; different variants may word it differently. */
  String caption(long index, long variant);

  /** How many things there are, nothing among them as number 0. */
  int things();

  /**
   * What is where in picture {@code index}: the number of the thing at each of {@code rows} ×
   * {@code columns} places, row by row; 0 where nothing is.
   */
  long[] things(long index, int rows, int columns);

  /** Into how many parts along each side of its square a thing is divided. */
  int PARTS_A_SIDE = 6;

  /** How many parts there are, nothing among them as number 0. */
  int PARTS = 1 + PARTS_A_SIDE * PARTS_A_SIDE;

  /**
   * Which part of its thing is where in picture {@code index}: places as those of {@link
   * #things(long, int, int)}, parts row by row from 1 on; 0 where nothing is.
   */
  long[] parts(long index, int rows, int columns);

  /** The things that a caption of picture {@code index} names. */
  List<Mention> mentions(long index, String caption);

  /** All words that captions are made of, in lower case. */
  SortedSet<String> words();

  /** Names the data, with all that its content depends on; facts are separated by {@code ", "}. */
  String origin();
}
