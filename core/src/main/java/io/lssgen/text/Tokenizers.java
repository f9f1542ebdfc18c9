package io.lssgen.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
