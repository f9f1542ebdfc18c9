package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code docs/upsamplers.md} says under "Train one", word for word but for paths and sizes: a
 * fresh autoencoder, an upsampler for it from two folders of pictures, a picture made with both.
 */
class UpsamplerGuideTest {
  private static final Path GUIDE = Path.of("../docs/upsamplers.md");
  private static final Pattern BLOCK = Pattern.compile("(?s)```(yaml)?\\n(.*?)```");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  /** As the tiny model's own: 16 channels, factor 8. */
  private static final String AUTOENCODER =
      """
      run: {folder: ROOT/autoencoder, sample_every: 100}
      optimizer: {learning_rate: 1.0e-3, steps: 1, warmup: 0}
      data: {kind: emoji-scenes, artwork: ROOT/artwork}
      training: {side: 32, batch: 1, dtype: fp32}
      autoencoder:
        latent_channels: 16
        block_out_channels: [4, 4, 4, 4]
        norm_num_groups: 2
        mid_block_add_attention: false
      """;

  @TempDir Path root;

  @Test
  void leadsFromPicturesToAPictureWithAFreshAutoencoder() throws IOException {
    Path vae = freshAutoencoder();
    Path model = TinyModel.create(root.resolve("model"));
    TinyModel.copy(vae, model.resolve("vae"));
    Map<String, Path> places = places(model);
    List<String> blocks = blocks();

    Files.writeString(root.resolve("mine.yaml"), small(placed(blocks.get(0), places)));
    List<List<String>> commands = commands(blocks.get(1), places);
    assertThat(commands)
        .extracting(each -> each.get(0))
        .containsExactly("train", "eval", "generate");
    succeed(commands.get(0));
    assertThat(places.get("runs/upsampler-mine").resolve("model/upsampler/config.json"))
        .content()
        .doesNotContain("latent_space");
    CommandRun measured = succeed(commands.get(1), "--side", "32");
    assertThat(measured.out())
        .contains("bicubic", "pixel round trip", root.resolve("mine/model/upsampler").toString());
    assertThat(root.resolve("sheet.png")).isNotEmptyFile();
    Path picture = root.resolve("lighthouse.png");
    succeed(
        commands.get(2), "--steps", "12", "-o", picture); // of fewer, no stage would keep anything
    assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(64);
  }

  private Path freshAutoencoder() throws IOException {
    TinyArtwork.create(root.resolve("artwork"));
    Path config = root.resolve("autoencoder.yaml");
    Files.writeString(config, AUTOENCODER.replace("ROOT", root.toString()));
    succeed(List.of("train", "autoencoder", "--config", config.toString()));
    return root.resolve("autoencoder/model/vae");
  }

  /** What the guide's paths stand for, the longer ones first. */
  private Map<String, Path> places(Path model) throws IOException {
    Map<String, Path> places = new LinkedHashMap<>();
    places.put("path/to/model/vae", model.resolve("vae"));
    places.put("path/to/model", model);
    places.put("path/to/my/pictures", TinyPictures.create(root.resolve("my-pictures"), 0, 12));
    places.put("runs/photos", TinyPictures.create(root.resolve("photos"), 12, 12));
    places.put("configs/upsamplers/mine.yaml", root.resolve("mine.yaml"));
    places.put("runs/upsampler-mine", root.resolve("mine"));
    places.put("flux.yaml", Path.of("../configs/upsamplers/flux.yaml").toAbsolutePath());
    places.put("sheet.png", root.resolve("sheet.png"));
    return places;
  }

  /** The configuration and the commands under "Train one". */
  private static List<String> blocks() throws IOException {
    String guide = Files.readString(GUIDE);
    Matcher block = BLOCK.matcher(guide.substring(guide.indexOf("## Train one")));
    List<String> blocks = new ArrayList<>();
    while (blocks.size() < 2 && block.find()) {
      blocks.add(block.group(2));
    }
    return blocks;
  }

  private static String placed(String text, Map<String, Path> places) {
    String placed = text;
    for (Map.Entry<String, Path> place : places.entrySet()) {
      placed = placed.replace(place.getKey(), place.getValue().toString());
    }
    return placed;
  }

  /** Two steps of crops of 32 pixels, without drawings. */
  private static String small(String yaml) {
    String small =
        yaml.replace("data: {", "data: {scenes: null, ")
            .replace(
                "training:\n",
                "training:\n  side: 32\n  batch: 4\n  mixed: 0\n  pairs: 8\n  latents_first: 1\n")
            .replace("upsampler: {", "upsampler: {width: 8, blocks: 1, ");
    assertThat(small).contains("scenes: null", "side: 32", "width: 8");
    return small + "optimizer: {steps: 2, warmup: 0}\n";
  }

  private static List<List<String>> commands(String block, Map<String, Path> places) {
    List<List<String>> commands = new ArrayList<>();
    for (String line : block.replace("\\\n", " ").strip().split("\n")) {
      List<String> words = new ArrayList<>();
      Matcher word = WORD.matcher(placed(line.replace("./lssgen ", ""), places));
      while (word.find()) {
        words.add(word.group(1) == null ? word.group(2) : word.group(1));
      }
      commands.add(words);
    }
    return commands;
  }

  private static CommandRun succeed(List<String> command, Object... more) {
    List<Object> arguments = new ArrayList<>(command);
    arguments.addAll(List.of(more));
    CommandRun run = CommandRun.of(arguments.toArray());
    assertThat(run.err()).as("%s", command).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    return run;
  }
}
