package io.lssgen.train;

import io.lssgen.eval.DetectedScene;
import io.lssgen.eval.DetectorConfig;
import io.lssgen.eval.LoadedDetector;
import io.lssgen.eval.SceneDetector;
import io.lssgen.eval.SceneSheet;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.scenes.Scene;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Trains a {@link SceneDetector}: the focal loss of CenterNet (arXiv 1904.07850, equation 1) for
 * where objects are; in the middle of each object, cross entropy for what it is and the absolute
 * error of its box; cross entropy for the background's colour.
 */
final class DetectorTrainee implements Trainee {
  /**
   * How to train.
   *
   * @param batch pictures of a micro-batch
   * @param computeType type of the forward and backward pass
   */
  record Settings(int batch, DType computeType, long seed) {}

  /** Training pictures by number; picture {@code i} depends on i alone. */
  interface Source {
    /** Picture {@code index}, {@code side} pixels square; from any thread. */
    Labelled sample(long index, int side);
  }

  /**
   * A picture and what is in it.
   *
   * @param known whether its objects are those of the scene, not mongrels
   */
  record Labelled(RgbImage image, Scene scene, boolean known) {}

  private static final double BOX_WEIGHT = 0.5;
  private static final double BACKGROUND_WEIGHT = 0.5;
  private static final double FRESH_OBJECTNESS = -3;
  private static final double LOG_TYPICAL_SIZE = -0.9;
  private static final long SAMPLES = Long.MAX_VALUE / 2;

  private final DetectorConfig config;
  private final Settings settings;
  private final Source scenes;
  private final DetectorNoise noise;
  private final TrainableParameters parameters;
  private final Prefetcher<List<Labelled>> batches;

  DetectorTrainee(DetectorConfig config, Settings settings, Source scenes, DetectorNoise noise) {
    this.config = config;
    this.settings = settings;
    this.scenes = scenes;
    this.noise = noise;
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(p -> new SceneDetector(p, config), rng);
    }
    begin(parameters);
    batches = new Prefetcher<>(this::batch, 3);
  }

  /** Fresh outputs say: nothing here, of a typical size. Else the empty cells drown the rest. */
  private static void begin(TrainableParameters fresh) {
    try (TensorScope scope = TensorScope.open();
        FlatParameters values = new FlatParameters(fresh.layout(), fresh.values().detach())) {
      values.at("objectness.bias").addInPlace(FRESH_OBJECTNESS);
      values.at("boxes.bias").narrow(0, 2, 1).addInPlace(LOG_TYPICAL_SIZE);
    }
  }

  private List<Labelled> batch(long index) {
    List<Labelled> list = new ArrayList<>();
    for (int i = 0; i < settings.batch(); i++) {
      list.add(scenes.sample(index * settings.batch() + i, config.side()));
    }
    return list;
  }

  @Override
  public TrainableParameters parameters() {
    return parameters;
  }

  @Override
  public int images(long index) {
    return settings.batch();
  }

  @Override
  public Loss loss(ParameterSource weights, long index) {
    List<Labelled> pictures = batches.get(index);
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(Seeds.mix(settings.seed(), index))) {
      Tensor image = ImageTensors.toTensor(pictures.stream().map(Labelled::image).toList());
      SceneDetector model = new SceneDetector(Parameters.of(weights), config);
      SceneDetector.Maps maps = model.forward(noise.apply(image.to(settings.computeType()), rng));
      DetectorTargets targets = DetectorTargets.of(pictures, config);
      Tensor cells = Tensors.of(targets.cells(), targets.cells().length);
      Tensor classes = Tensors.of(targets.classes(), targets.classes().length);
      Tensor there = objectnessLoss(maps.objectness().to(DType.F32), targets);
      Tensor logits = atCells(maps.classes(), cells); // [P, N + 1]
      Tensor what = Functional.crossEntropy(logits, classes);
      Tensor wantedBoxes = Tensors.of(targets.boxes(), targets.cells().length, 3);
      Tensor box = atCells(maps.boxes(), cells).sub(wantedBoxes).abs().mean();
      Tensor colors = Tensors.of(targets.backgrounds(), targets.backgrounds().length);
      Tensor background = Functional.crossEntropy(maps.background().to(DType.F32), colors);
      Tensor total =
          there.add(what).add(box.mul(BOX_WEIGHT)).add(background.mul(BACKGROUND_WEIGHT));
      Map<String, Double> parts =
          Map.of(
              "objectness", there.item(),
              "class", what.item(),
              "class_accuracy", accuracy(logits, targets.classes()),
              "box", box.item(),
              "background", background.item());
      return new Loss(scope.keep(total), parts);
    }
  }

  /** [B, C, g, g] to fp32 [P, C], the values at the numbered cells. */
  private static Tensor atCells(Tensor map, Tensor cells) {
    long channels = map.size(1);
    Tensor byCell = map.permute(0, 2, 3, 1).reshape(-1, channels); // [B·g·g, C]
    return byCell.indexSelect(0, cells).to(DType.F32);
  }

  /** Per object; cells near a centre count less as empty ones the nearer they are. */
  private static Tensor objectnessLoss(Tensor logits, DetectorTargets targets) {
    Tensor heat = Tensors.of(targets.heat(), logits.numel());
    Tensor centre = heat.gt(0.999).to(DType.F32);
    Tensor probability = logits.reshape(-1).sigmoid().clamp(1e-4, 1 - 1e-4);
    Tensor absence = probability.neg().add(1);
    Tensor missed = probability.log().mul(absence.square()).mul(centre);
    Tensor invented = absence.log().mul(probability.square()).mul(heat.neg().add(1).pow(4));
    return missed.add(invented).sum().div(-Math.max(1, targets.objects()));
  }

  private static double accuracy(Tensor logits, long[] classes) {
    long[] chosen = logits.detach().argmax(1).toLongArray();
    int right = 0;
    for (int i = 0; i < chosen.length; i++) {
      right += chosen[i] == classes[i] ? 1 : 0;
    }
    return (double) right / Math.max(1, chosen.length);
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    SceneDetector averaged = new SceneDetector(Parameters.of(weights), config);
    List<RgbImage> images = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      images.add(scenes.sample(SAMPLES + i, config.side()).image());
    }
    List<DetectedScene> found = LoadedDetector.detect(averaged, images, settings.computeType());
    List<RgbImage> grid = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      grid.add(SceneSheet.annotated(images.get(i), found.get(i)));
    }
    ContactSheet.write(grid, 6, file);
  }

  /** Writes the detector's own folder; weights in bf16, which halves them. */
  @Override
  public void export(FlatParameters weights, Path folder) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> halved = new TreeMap<>();
      weights.all().forEach((path, value) -> halved.put(path, value.to(DType.BF16)));
      DiffusersFolder.writeComponent(
          folder.resolve("scene-detector"), config.json(), DiffusersFolder.TEXT_WEIGHTS, halved);
    }
  }

  @Override
  public void close() {
    batches.close();
    parameters.close();
  }
}
