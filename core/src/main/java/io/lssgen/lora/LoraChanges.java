package io.lssgen.lora;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.Names;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** What a LoRA would change in a model, checked: every layer has its place and its shapes fit. */
final class LoraChanges {
  /** How names of T5's layers begin. */
  private static final Pattern T5 =
      Pattern.compile("(lora_te3_|text_encoder_3\\.|text_encoders\\.t5xxl\\.).*");

  private LoraChanges() {}

  /** One layer and what it changes. */
  record Change(LoraLayer layer, LoraTargets.Target target) {}

  /**
   * All changes of {@code file}.
   *
   * @throws ModelException if it is for another kind of model, or a layer goes nowhere or has
   *     another shape
   */
  static List<Change> of(LoraFile file, LoraTargets targets) {
    List<Change> changes = new ArrayList<>();
    List<String> nowhere = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (LoraLayer read : file.layers()) {
      Optional<LoraTargets.Target> target = targets.find(read.module());
      if (target.isEmpty()) {
        nowhere.add(read.module());
      } else {
        LoraLayer layer = widened(read, target.get(), targets);
        misfit(layer, target.get(), targets).ifPresent(misshapen::add);
        changes.add(new Change(layer, target.get()));
      }
    }
    if (!nowhere.isEmpty() || !misshapen.isEmpty()) {
      requireKind(file, targets);
      if (misshapen.isEmpty() && !targets.haveT5()) {
        requireNoT5(file, nowhere);
      }
      throw new ModelException(
          "cannot apply the LoRA %s to this model: of its %d layers%s%s; use one that was made for this model"
              .formatted(
                  file.path(),
                  file.layers().size(),
                  nowhere.isEmpty() ? "" : " have no module here " + Names.some(nowhere),
                  misshapen.isEmpty()
                      ? ""
                      : (nowhere.isEmpty() ? "" : ", and")
                          + " have other shapes "
                          + some(misshapen)));
    }
    return changes;
  }

  /** For a model that was loaded without it. */
  private static void requireNoT5(LoraFile file, List<String> nowhere) {
    if (nowhere.stream().allMatch(T5.asMatchPredicate())) {
      throw new ModelException(
          "the LoRA %s changes T5, too, which this model was loaded without: %s; load it with T5"
              .formatted(file.path(), Names.some(nowhere)));
    }
  }

  private static void requireKind(LoraFile file, LoraTargets targets) {
    Optional<String> wanted = targets.kind();
    Optional<String> found = file.kind();
    if (wanted.isPresent() && found.isPresent() && !wanted.equals(found)) {
      throw new ModelException(
          "the LoRA %s is for %s, this model is %s; use one that was made for it"
              .formatted(file.path(), found.get(), wanted.get()));
    }
  }

  /**
   * A layer for FLUX.1's latents alone, of a model that sees a picture, too: its further inputs
   * stay as they are, as diffusers has it.
   */
  private static LoraLayer widened(
      LoraLayer layer, LoraTargets.Target target, LoraTargets targets) {
    long[] shape = layer.product().shape();
    OptionalLong latents = targets.latentChannels(target);
    boolean ofColumns = layer.magnitudes() != null && layer.magnitudes().ofColumns();
    if (ofColumns || shape.length != 2 || !latents.equals(OptionalLong.of(shape[1]))) {
      return layer;
    }
    long inputs = targets.shape(target.component(), target.rows().get(0).parameter())[1];
    return inputs > shape[1]
        ? new LoraLayer(
            layer.module(),
            new Product.Widened(layer.product(), inputs),
            layer.scale(),
            layer.magnitudes())
        : layer;
  }

  /** What is wrong with a layer's shapes; empty if they fit. */
  private static Optional<String> misfit(
      LoraLayer layer, LoraTargets.Target target, LoraTargets targets) {
    long out = target.rows().stream().mapToLong(ModuleNames.Rows::count).sum();
    long[] whole = targets.shape(target.component(), target.rows().get(0).parameter());
    long[] wanted = bare(Product.joined(out, whole));
    long[] found = bare(layer.product().shape());
    if (!Arrays.equals(wanted, found) && !Arrays.equals(flat(wanted), found)) {
      return Optional.of(
          "%s wants %s, found %s"
              .formatted(Names.quoted(layer.module()), Names.shape(wanted), Names.shape(found)));
    }
    boolean partly = target.rows().size() > 1 || out != whole[0];
    return partly && layer.magnitudes() != null && layer.magnitudes().ofColumns()
        ? Optional.of(
            "%s wants lengths of rows, since it changes several modules, found those of columns"
                .formatted(Names.quoted(layer.module())))
        : Optional.empty();
  }

  /** [out, in · k · k]: some files have kernels as matrices. */
  private static long[] flat(long[] shape) {
    return new long[] {shape[0], Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact)};
  }

  /** Without sides of 1 at the end: a matrix is a kernel of one place. */
  private static long[] bare(long[] shape) {
    int length = shape.length;
    while (length > 2 && shape[length - 1] == 1) {
      length--;
    }
    return Arrays.copyOf(shape, length);
  }

  private static String some(List<String> problems) {
    return "%d (%s%s)"
        .formatted(problems.size(), problems.get(0), problems.size() > 1 ? ", …" : "");
  }
}
