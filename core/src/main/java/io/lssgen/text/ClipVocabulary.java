package io.lssgen.text;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * The vocabulary that CLIP was published with (arXiv 2103.00020): the 256 bytes, the same at the
 * end of a word, one token for each merge, and the two marks, numbered in this order. The merges
 * are a resource, {@code clip-merges.txt.gz}, under the licence beside it.
 */
final class ClipVocabulary {
  private static final String RESOURCE = "clip-merges.txt.gz";

  private ClipVocabulary() {}

  static ClipTokenizer tokenizer(String pad) {
    List<BytePairModel.Merge> merges = merges();
    Map<String, Integer> ids = ids(merges);
    Integer padId = ids.get(pad);
    if (padId == null) {
      throw new ModelException("CLIP's vocabulary has no padding token '" + pad + "'");
    }
    int start = ids.size() - 2;
    int end = ids.size() - 1;
    List<AddedTokens.Token> added = new ArrayList<>();
    added.add(new AddedTokens.Token(ClipTokenizer.START, start, true));
    if (padId != end) {
      added.add(new AddedTokens.Token(ClipTokenizer.END, end, true));
    }
    added.add(new AddedTokens.Token(pad, padId, false)); // as transformers takes what pads
    return new ClipTokenizer(new BytePairModel(ids, merges, end), added, start, end, padId);
  }

  static Map<String, Integer> ids(List<BytePairModel.Merge> merges) {
    List<String> tokens = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      tokens.add(String.valueOf(ByteSymbols.symbol(value)));
    }
    tokens.sort(null); // bytes that print come first, and those by their code: so do their symbols
    for (int i = 0; i < 256; i++) {
      tokens.add(tokens.get(i) + BytePairModel.WORD_END);
    }
    merges.forEach(merge -> tokens.add(merge.left() + merge.right()));
    tokens.add(ClipTokenizer.START);
    tokens.add(ClipTokenizer.END);
    Map<String, Integer> ids = new HashMap<>(2 * tokens.size());
    for (String token : tokens) {
      ids.put(token, ids.size());
    }
    return ids;
  }

  static List<BytePairModel.Merge> merges() {
    List<BytePairModel.Merge> merges = new ArrayList<>();
    try (InputStream file = ClipVocabulary.class.getResourceAsStream(RESOURCE)) {
      InputStream text = new GZIPInputStream(requireNonNull(file, RESOURCE + " is missing"));
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(text, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int space = line.indexOf(' ');
        merges.add(new BytePairModel.Merge(line.substring(0, space), line.substring(space + 1)));
      }
      return merges;
    } catch (IOException e) {
      throw new UncheckedIOException("the resource " + RESOURCE + " cannot be read", e);
    }
  }
}
