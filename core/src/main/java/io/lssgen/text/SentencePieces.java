package io.lssgen.text;

import java.util.ArrayList;
import java.util.List;

/**
 * A SentencePiece vocabulary: pieces with their scores and kinds, and the table that texts are
 * normalized by.
 */
public final class SentencePieces {
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private final List<UnigramModel.Scored> pieces = new ArrayList<>();
  private final List<AddedTokens.Token> added = new ArrayList<>();
  private int unknownId = -1;
  private boolean byteFallback;
  private byte[] charsMap = new byte[0];

  /**
   * Adds the next piece; its place is its id.
   *
   * @param type SentencePiece's number for its kind: 1 normal, 2 unknown, 3 control, 4 user
   *     defined, 5 unused, 6 a byte
   */
  public void add(String text, double score, int type) {
    int id = pieces.size();
    pieces.add(
        switch (type) {
          case UNUSED -> new UnigramModel.Scored("", 0); // no text has it
          case USER_DEFINED -> new UnigramModel.Scored(text, 0); // scores of others mean nothing
          default -> new UnigramModel.Scored(text, score);
        });
    switch (type) {
      case UNKNOWN -> {
        unknownId = id;
        added.add(new AddedTokens.Token(text, id, false));
      }
      case CONTROL, USER_DEFINED -> added.add(new AddedTokens.Token(text, id, false));
      case BYTE -> byteFallback = true;
      default -> {}
    }
  }

  /** Says the normalization table, as SentencePiece's {@code precompiled_charsmap} has it. */
  public void charsMap(byte[] table) {
    charsMap = table.clone();
  }

  /** Says whether unknown characters are written in bytes. */
  void byteFallback(boolean value) {
    byteFallback = value;
  }

  /** Pieces in the order of their ids. */
  List<UnigramModel.Scored> pieces() {
    return List.copyOf(pieces);
  }

  /** Control, unknown and user defined pieces, which are found in prompts as they are written. */
  List<AddedTokens.Token> added() {
    return List.copyOf(added);
  }

  /** The unknown piece's id; −1 if there is none. */
  int unknownId() {
    return unknownId;
  }

  boolean byteFallback() {
    return byteFallback;
  }

  /** The normalization table; empty if there is none. */
  byte[] charsMap() {
    return charsMap.clone();
  }
}
