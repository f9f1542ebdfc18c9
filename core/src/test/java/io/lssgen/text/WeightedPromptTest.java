package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.text.WeightedPrompt.Break;
import io.lssgen.text.WeightedPrompt.Part;
import io.lssgen.text.WeightedPrompt.Text;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The examples that AUTOMATIC1111's web interface gives of its own syntax, and what it drops. */
class WeightedPromptTest {

  private static void assertParts(String prompt, Part... parts) {
    assertThat(WeightedPrompt.parse(prompt).parts()).as(prompt).containsExactly(parts);
  }

  @Test
  void itsOwnExamples() {
    assertParts("normal text", new Text("normal text", 1));
    assertParts(
        "an (important) word",
        new Text("an ", 1),
        new Text("important", 1.1),
        new Text(" word", 1));
    assertParts("(unbalanced", new Text("unbalanced", 1.1));
    assertParts("\\(literal\\]", new Text("(literal]", 1));
    assertParts("(unnecessary)(parens)", new Text("unnecessaryparens", 1.1));
    assertParts(
        "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
        new Text("a ", 1),
        new Text("house", 1.5730000000000004),
        new Text(" ", 1.1),
        new Text("on", 1),
        new Text(" a ", 1.1),
        new Text("hill", 0.55),
        new Text(", sun, ", 1.1),
        new Text("sky", 1.4641000000000006),
        new Text(".", 1.1));
  }

  @Test
  void breaks() {
    assertParts("a cat BREAK a dog", new Text("a cat", 1), new Break(), new Text("a dog", 1));
    assertParts("BREAKING aBREAK", new Text("BREAKING aBREAK", 1));
  }

  @Test
  void whatIsNotReadIsRemarkedOn() {
    assertThat(WeightedPrompt.parse("a\\b").remarks()).singleElement().asString().contains("a\\b");
    assertThat(WeightedPrompt.parse("a \\(b\\) \\\\ (c:1.2)").remarks()).isEmpty();
    assertThat(WeightedPrompt.parse("(a BREAK b)").remarks())
        .singleElement()
        .asString()
        .contains("BREAK");
    assertThat(WeightedPrompt.parse("a BREAK b").remarks()).isEmpty();
    for (String schedule : List.of("[red:blue:0.5] cat", "a [cat:0.3]", "[cat::10]", "[a|b|c]")) {
      assertThat(WeightedPrompt.parse(schedule).remarks())
          .as(schedule)
          .singleElement()
          .asString()
          .contains("not supported");
    }
    assertThat(WeightedPrompt.parse("\\[a|b\\] [cat] (b:1.2) [note: c]").remarks()).isEmpty();
    assertThat(WeightedPrompt.parse("a cat AND a dog").remarks())
        .singleElement()
        .asString()
        .contains("AND");
  }

  /** The web interface fails on these. */
  @Test
  void aWeightThatIsNoNumberIsText() {
    for (String number : new String[] {"1.2.3", ".", "+."}) {
      WeightedPrompt prompt = WeightedPrompt.parse("(a:" + number + ")");
      assertThat(prompt.parts()).containsExactly(new Text("a:" + number, 1.1));
      assertThat(prompt.remarks()).singleElement().asString().contains("'" + number + "'");
    }
  }
}
