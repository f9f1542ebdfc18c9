package io.lssgen.text;

import io.lssgen.errors.ModelException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * What is needed of a SentencePiece model file ({@code spiece.model}), a protocol buffer of the
 * type ModelProto. Fields are told by their numbers; unknown ones are skipped. Source:
 * sentencepiece_model.proto of https://github.com/google/sentencepiece
 */
final class SentencePieceFile {
  private static final int NORMAL = 1;
  private static final int UNIGRAM = 1;

  private final String source;
  private final SentencePieces pieces = new SentencePieces();
  private int modelType = UNIGRAM;

  private SentencePieceFile(String source) {
    this.source = source;
  }

  /**
   * @param bytes the file's content
   * @param source the file, for messages
   * @throws ModelException if it is damaged or no unigram model
   */
  static SentencePieces parse(byte[] bytes, String source) {
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
    return file.pieces;
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
    pieces.add(text, score, type);
  }

  private void readTrainer(ByteBuffer message) {
    while (message.hasRemaining()) {
      int tag = tag(message);
      switch (tag) {
        case 3 << 3 -> modelType = (int) number(message);
        case 35 << 3 -> pieces.byteFallback(number(message) != 0);
        default -> skip(message, tag);
      }
    }
  }

  private void readNormalizer(ByteBuffer message) {
    while (message.hasRemaining()) {
      int tag = tag(message);
      if (tag == (2 << 3 | 2)) {
        ByteBuffer table = message(message);
        byte[] charsMap = new byte[table.remaining()];
        table.get(charsMap);
        pieces.charsMap(charsMap);
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
