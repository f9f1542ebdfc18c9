package io.lssgen.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Loads tokenizers from the folders of a diffusers model ({@code tokenizer/}, {@code
 * tokenizer_2/}).
 */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * Loads a CLIP tokenizer from {@code vocab.json} and {@code merges.txt}, or from {@code
   * tokenizer.json} where those are missing. The padding token is the one that {@code
   * special_tokens_map.json} or {@code tokenizer_config.json} names, else {@code <|endoftext|>}.
   *
   * @param folder the tokenizer's folder
   * @throws ModelException if files are missing or damaged
   */
  public static ClipTokenizer clip(Path folder) {
    TokenizerFolder files = new TokenizerFolder(folder);
    Map<String, Integer> vocabulary;
    List<BytePairModel.Merge> merges;
    if (files.has("vocab.json") && files.has("merges.txt")) {
      vocabulary = files.vocabulary(files.json("vocab.json"), "vocab.json");
      merges = files.merges(files.lines("merges.txt"), "merges.txt");
    } else if (files.has("tokenizer.json")) {
      JsonNode model = files.json("tokenizer.json").path("model");
      String type = model.path("type").asText("BPE");
      if (!type.equals("BPE")) {
        throw new ModelException(
            files.path("tokenizer.json") + " holds a " + type + " model, CLIP's is BPE");
      }
      vocabulary = files.vocabulary(model.path("vocab"), "tokenizer.json");
      merges = files.merges(mergeLines(model.path("merges")), "tokenizer.json");
    } else {
      throw new ModelException(
          folder + " has neither vocab.json and merges.txt nor tokenizer.json: no CLIP tokenizer");
    }
    return clip(files, vocabulary, merges);
  }

  /**
   * CLIP's own tokenizer, whose vocabulary comes with this library: that of Stable Diffusion 1.5,
   * SDXL and FLUX.1, for models that are files without a tokenizer's folder.
   *
   * @param pad the padding token: {@code <|endoftext|>}, or {@code !} as SDXL's second tokenizer
   *     has it
   */
  public static ClipTokenizer publishedClip(String pad) {
    return ClipVocabulary.tokenizer(pad);
  }

  private static ClipTokenizer clip(
      TokenizerFolder files, Map<String, Integer> vocabulary, List<BytePairModel.Merge> merges) {
    Map<String, AddedTokens.Token> added = files.addedTokens(vocabulary);
    String start = files.specialToken("bos_token", ClipTokenizer.START);
    String end = files.specialToken("eos_token", ClipTokenizer.END);
    String unknown = files.specialToken("unk_token", end);
    String pad = files.specialToken("pad_token", end);
    List<String> marks = List.of(start, end, unknown, pad);
    int[] ids = marks.stream().mapToInt(mark -> files.id(vocabulary, mark)).toArray();
    for (int i = 0; i < ids.length; i++) {
      added.putIfAbsent(marks.get(i), new AddedTokens.Token(marks.get(i), ids[i], false));
    }
    return new ClipTokenizer(
        new BytePairModel(vocabulary, merges, ids[2]), added.values(), ids[0], ids[1], ids[3]);
  }

  /**
   * Loads a T5 tokenizer from {@code tokenizer.json}, or from {@code spiece.model} where that is
   * missing.
   *
   * @param folder the tokenizer's folder
   * @throws ModelException if files are missing or damaged, or ask for what T5's do not use
   */
  public static T5Tokenizer t5(Path folder) {
    TokenizerFolder files = new TokenizerFolder(folder);
    if (files.has("tokenizer.json")) {
      return t5FromJson(files, files.json("tokenizer.json"));
    }
    if (files.has("spiece.model")) {
      return t5FromSentencePiece(files);
    }
    throw new ModelException(
        folder + " has neither tokenizer.json nor spiece.model: no T5 tokenizer");
  }

  private static T5Tokenizer t5FromJson(TokenizerFolder files, JsonNode root) {
    String source = files.path("tokenizer.json").toString();
    JsonNode json = root.path("model");
    // before "type" was written, unk_id told unigram models from others
    String type = json.path("type").asText(json.has("unk_id") ? "Unigram" : "unknown");
    if (!type.equals("Unigram")) {
      throw new ModelException(source + " holds a " + type + " model, T5's is Unigram");
    }
    List<UnigramModel.Scored> pieces = new ArrayList<>();
    for (JsonNode piece : json.path("vocab")) {
      pieces.add(new UnigramModel.Scored(piece.path(0).asText(), piece.path(1).asDouble()));
    }
    UnigramModel model =
        new UnigramModel(
            pieces, json.path("unk_id").asInt(-1), json.path("byte_fallback").asBoolean());
    return t5(
        files,
        model,
        TextSteps.normalizer(root.path("normalizer"), source),
        TextSteps.words(root.path("pre_tokenizer"), source),
        files.addedTokens(model.ids()));
  }

  private static T5Tokenizer t5FromSentencePiece(TokenizerFolder files) {
    String source = files.path("spiece.model").toString();
    SentencePieces pieces = SentencePieceFile.parse(files.bytes("spiece.model"), source);
    // sentinels are no part of the file: transformers puts them behind its pieces, last one first
    int sentinels = files.jsonIfPresent("tokenizer_config.json").path("extra_ids").asInt(100);
    for (int i = sentinels - 1; i >= 0; i--) {
      pieces.add("<extra_id_" + i + ">", 0, SentencePieces.USER_DEFINED);
    }
    return t5(
        pieces,
        source,
        files.specialToken("eos_token", "</s>"),
        files.specialToken("pad_token", "<pad>"));
  }

  /**
   * Makes a T5 tokenizer of a SentencePiece vocabulary.
   *
   * @param source where it is from, for messages
   * @throws ModelException if it has no unknown piece, no {@code </s>} or no {@code <pad>}, or its
   *     normalization table is damaged
   */
  public static T5Tokenizer t5(SentencePieces pieces, String source) {
    return t5(pieces, source, "</s>", "<pad>");
  }

  private static T5Tokenizer t5(SentencePieces pieces, String source, String end, String pad) {
    if (pieces.unknownId() < 0) {
      throw new ModelException(source + " has no unknown piece: no SentencePiece model");
    }
    byte[] table = pieces.charsMap();
    UnigramModel model =
        new UnigramModel(pieces.pieces(), pieces.unknownId(), pieces.byteFallback());
    return new T5Tokenizer(
        model,
        table.length == 0 ? text -> text : new PrecompiledCharsMap(table, source)::normalize,
        TextSteps.Words.T5,
        byContent(pieces.added()).values(),
        TokenizerFolder.id(model.ids(), end, source),
        TokenizerFolder.id(model.ids(), pad, source));
  }

  /** Of tokens of the same content, the last. */
  private static Map<String, AddedTokens.Token> byContent(List<AddedTokens.Token> tokens) {
    Map<String, AddedTokens.Token> unique = new LinkedHashMap<>();
    tokens.forEach(token -> unique.put(token.content(), token));
    return unique;
  }

  private static T5Tokenizer t5(
      TokenizerFolder files,
      UnigramModel model,
      UnaryOperator<String> normalizer,
      TextSteps.Words words,
      Map<String, AddedTokens.Token> added) {
    int end = files.id(model.ids(), files.specialToken("eos_token", "</s>"));
    int pad = files.id(model.ids(), files.specialToken("pad_token", "<pad>"));
    return new T5Tokenizer(model, normalizer, words, added.values(), end, pad);
  }

  /** tokenizer.json writes a merge as "a b" (older) or ["a", "b"] (newer). */
  private static List<String> mergeLines(JsonNode merges) {
    List<String> lines = new ArrayList<>(merges.size());
    for (JsonNode merge : merges) {
      lines.add(
          merge.isArray() ? merge.path(0).asText() + " " + merge.path(1).asText() : merge.asText());
    }
    return lines;
  }
}
