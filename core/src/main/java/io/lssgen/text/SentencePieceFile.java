package io.lssgen.text;

import io.lssgen.errors.ModelException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What is needed of a SentencePiece model file ({@code spiece.model}), a protocol buffer of the
 * type ModelProto. Fields are told by their numbers; unknown ones are skipped. Source:
 * sentencepiece_model.proto of https://github.com/google/sentencepiece
 */
final class SentencePieceFile {
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNIGRAM = 1;

  private final String source;
  private final List<UnigramModel.Scored> pieces = new ArrayList<>();
  private final List<AddedTokens.Token> added = new ArrayList<>();
  private int unknownId = -1;
  private int modelType = UNIGRAM;
  private boolean byteFallback;
  private byte[] charsMap = new byte[0];

  private SentencePieceFile(String source) {
    this.source = source;
  }

  /**
   * @param bytes the file's content
   * @param source the file, for messages
   * @throws ModelException if it is damaged or no unigram model
   */
  static SentencePieceFile parse(byte[] bytes, String source) {
    SentencePieceFile file = new SentencePieceFile(source);
    try {
      file.read(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    } catch (BufferUnderflowException e) {
      throw new ModelException(source + " is truncated or no SentencePiece model", e);
    }
    if (file.modelType != UNIGRAM) {
      throw new ModelException(
          source
              + " holds a SentencePiece model of type "
              + file.modelType
              + ", T5's is unigram ("
              + UNIGRAM
              + ")");
    }
    if (file.unknownId < 0) {
      throw new ModelException(source + " has no unknown piece: no SentencePiece model");
    }
    return file;
  }

  /** Pieces in the order of their ids. */
  List<UnigramModel.Scored> pieces() {
    return List.copyOf(pieces);
  }

  /** Control, unknown and user defined pieces, which are found in prompts as they are written. */
  List<AddedTokens.Token> added() {
    return List.copyOf(added);
  }

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

  private void read(ByteBuffer model) {
    while (model.hasRemaining()) {
      int tag = tag(model);
      switch (tag) {
        case 1 << 3 | 2 -> readPiece(message(model));
        case 2 << 3 | 2 -> readTrainer(message(model));
        case 3 << 3 | 2 -> readNormalizer(message(model));
        default -> skip(model, tag);
      }
    }
  }

  private void readPiece(ByteBuffer message) {
    String text = "";
    float score = 0;
    int type = NORMAL;
    while (message.hasRemaining()) {
      int tag = tag(message);
      switch (tag) {
        case 1 << 3 | 2 -> text = StandardCharsets.UTF_8.decode(message(message)).toString();
        case 2 << 3 | 5 -> score = message.getFloat();
        case 3 << 3 -> type = (int) number(message);
        default -> skip(message, tag);
      }
    }
    int id = pieces.size();
    pieces.add(new UnigramModel.Scored(text, score));
    if (type == UNKNOWN) {
      unknownId = id;
    }
    if (type == UNKNOWN || type == CONTROL || type == USER_DEFINED) {
      added.add(new AddedTokens.Token(text, id, false));
    }
  }

  private void readTrainer(ByteBuffer message) {
    while (message.hasRemaining()) {
      int tag = tag(message);
      switch (tag) {
        case 3 << 3 -> modelType = (int) number(message);
        case 35 << 3 -> byteFallback = number(message) != 0;
        default -> skip(message, tag);
      }
    }
  }

  private void readNormalizer(ByteBuffer message) {
    while (message.hasRemaining()) {
      int tag = tag(message);
      if (tag == (2 << 3 | 2)) {
        ByteBuffer table = message(message);
        charsMap = new byte[table.remaining()];
        table.get(charsMap);
      } else {
        skip(message, tag);
      }
    }
  }

  private void skip(ByteBuffer message, int tag) {
    switch (tag & 7) {
      case 0 -> number(message);
      case 1 -> message.getLong();
      case 2 -> message(message);
      case 5 -> message.getInt();
      default -> throw new ModelException(source + " is damaged or no SentencePiece model");
    }
  }

  private int tag(ByteBuffer message) {
    return (int) number(message);
  }

  private ByteBuffer message(ByteBuffer message) {
    long length = number(message);
    if (length < 0 || length > message.remaining()) {
      throw new ModelException(
          source
              + " is truncated or no SentencePiece model: a field of "
              + length
              + " bytes where "
              + message.remaining()
              + " are left");
    }
    ByteBuffer part = message.slice(message.position(), (int) length);
    message.position(message.position() + (int) length);
    return part.order(ByteOrder.LITTLE_ENDIAN);
  }

  private long number(ByteBuffer message) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = message.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new ModelException(source + " is damaged or no SentencePiece model");
  }
}
