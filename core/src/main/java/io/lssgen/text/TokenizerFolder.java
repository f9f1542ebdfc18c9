package io.lssgen.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.FileMagic;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The files of one tokenizer folder, read with messages that name the file. */
final class TokenizerFolder {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Published ones stay below 20 MB; a limit keeps a wrong file from filling the memory. */
  private static final long MAX_BYTES = 100L << 20;

  private final Path folder;

  TokenizerFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new ModelException(
          "tokenizer folder " + folder + " does not exist: give the folder of a diffusers model");
    }
    this.folder = folder;
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  boolean has(String name) {
    return Files.isRegularFile(path(name));
  }

  byte[] bytes(String name) {
    Path file = path(name);
    try {
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw new ModelException(
            file + " has " + size + " bytes, a tokenizer has at most " + MAX_BYTES);
      }
      byte[] bytes = Files.readAllBytes(file);
      FileMagic.of(bytes)
          .ifPresent(
              found -> {
                throw new ModelException("cannot read " + file + ": found " + found);
              });
      return bytes;
    } catch (IOException e) {
      throw new ModelException("cannot read " + file + ": " + IoReason.of(e), e);
    }
  }

  /** The lines of a text file, in UTF-8. */
  List<String> lines(String name) {
    bytes(name); // checks the size
    try {
      return Files.readAllLines(path(name));
    } catch (MalformedInputException e) {
      throw new ModelException(path(name) + " is not text in UTF-8", e);
    } catch (IOException e) {
      throw new ModelException("cannot read " + path(name) + ": " + IoReason.of(e), e);
    }
  }

  /** A JSON file's root object. */
  JsonNode json(String name) {
    try {
      JsonNode root = JSON.readTree(bytes(name));
      if (!root.isObject()) {
        throw new ModelException(path(name) + " does not hold a JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new ModelException(path(name) + " is not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ModelException("cannot read " + path(name) + ": " + IoReason.of(e), e);
    }
  }

  /** A JSON file's root, or a missing node if there is no such file. */
  JsonNode jsonIfPresent(String name) {
    return has(name) ? json(name) : MissingNode.getInstance();
  }

  /** The content of a special token such as {@code pad_token}, or the fallback if none is named. */
  String specialToken(String key, String fallback) {
    for (String name : List.of("special_tokens_map.json", "tokenizer_config.json")) {
      JsonNode token = jsonIfPresent(name).path(key);
      String content = token.isObject() ? token.path("content").asText("") : token.asText("");
      if (!content.isEmpty()) {
        return content;
      }
    }
    return fallback;
  }

  /**
   * Added tokens by content, from the sources in which transformers keeps them, the weightiest
   * last: tokenizer.json, special_tokens_map.json, tokenizer_config.json. Ids come from the
   * vocabulary where it has the token.
   */
  Map<String, AddedTokens.Token> addedTokens(Map<String, Integer> vocabulary) {
    Map<String, AddedTokens.Token> tokens = new HashMap<>();
    for (JsonNode token : jsonIfPresent("tokenizer.json").path("added_tokens")) {
      add(tokens, token, token.path("id").asInt(-1), vocabulary);
    }
    for (JsonNode token : jsonIfPresent("special_tokens_map.json")) {
      if (token.isObject()) {
        add(tokens, token, -1, vocabulary);
      }
    }
    for (JsonNode token : jsonIfPresent("special_tokens_map.json")) {
      // transformers looks for those that are only named in the raw text, and takes them last
      Integer id = vocabulary.get(token.asText());
      if (token.isTextual() && id != null) {
        tokens.put(token.asText(), new AddedTokens.Token(token.asText(), id, false));
      }
    }
    jsonIfPresent("tokenizer_config.json")
        .path("added_tokens_decoder")
        .properties()
        .forEach(entry -> add(tokens, entry.getValue(), number(entry.getKey()), vocabulary));
    return tokens;
  }

  private int number(String key) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      throw new ModelException(
          path("tokenizer_config.json")
              + ": added_tokens_decoder has the key '"
              + key
              + "', wanted an id",
          e);
    }
  }

  private void add(
      Map<String, AddedTokens.Token> tokens,
      JsonNode token,
      int ownId,
      Map<String, Integer> vocabulary) {
    String content = token.path("content").asText("");
    int id = vocabulary.getOrDefault(content, ownId);
    if (id < 0) {
      throw new ModelException(
          "the added token '" + content + "' of " + folder + " has no id in its vocabulary");
    }
    for (String flag : List.of("lstrip", "rstrip", "single_word")) {
      if (token.path(flag).asBoolean(false)) {
        throw new ModelException(
            "the added token '" + content + "' of " + folder + " has " + flag + ", not supported");
      }
    }
    tokens.put(content, new AddedTokens.Token(content, id, token.path("normalized").asBoolean()));
  }

  /** A JSON object of token to id. */
  Map<String, Integer> vocabulary(JsonNode object, String name) {
    Map<String, Integer> vocabulary = new HashMap<>(object.size() * 2);
    object
        .properties()
        .forEach(
            entry -> {
              int id = entry.getValue().asInt(-1);
              // ids index arrays: one beyond the entries' own number (and some) is no id
              if (!entry.getValue().isInt() || id < 0 || id > 2 * object.size() + 1000) {
                throw new ModelException(
                    path(name) + ": token '" + entry.getKey() + "' has the id " + entry.getValue());
              }
              vocabulary.put(entry.getKey(), id);
            });
    if (vocabulary.isEmpty()) {
      throw new ModelException(path(name) + " holds no vocabulary");
    }
    return vocabulary;
  }

  /** The id of a special token. */
  int id(Map<String, Integer> vocabulary, String token) {
    return id(vocabulary, token, folder.toString());
  }

  /** As {@link #id(Map, String)}, of a vocabulary from anywhere. */
  static int id(Map<String, Integer> vocabulary, String token, String source) {
    Integer id = vocabulary.get(token);
    if (id == null) {
      throw new ModelException(
          "the vocabulary in " + source + " lacks the special token '" + token + "'");
    }
    return id;
  }

  /** Merges, from the lines of merges.txt or the array of tokenizer.json. */
  List<BytePairModel.Merge> merges(Iterable<String> lines, String name) {
    List<BytePairModel.Merge> merges = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("#version") || line.isEmpty()) {
        continue;
      }
      String[] halves = line.split(" ", -1);
      if (halves.length != 2) {
        throw new ModelException(
            path(name) + ": merge '" + line + "' is not two tokens with a space between them");
      }
      merges.add(new BytePairModel.Merge(halves[0], halves[1]));
    }
    return merges;
  }
}
