package io.lssgen.lora;

import static io.lssgen.lora.LayerPart.ALPHA;
import static io.lssgen.lora.LayerPart.CORE;
import static io.lssgen.lora.LayerPart.DOWN;
import static io.lssgen.lora.LayerPart.HADAMARD_1_CORE;
import static io.lssgen.lora.LayerPart.HADAMARD_1_DOWN;
import static io.lssgen.lora.LayerPart.HADAMARD_1_UP;
import static io.lssgen.lora.LayerPart.HADAMARD_2_CORE;
import static io.lssgen.lora.LayerPart.HADAMARD_2_DOWN;
import static io.lssgen.lora.LayerPart.HADAMARD_2_UP;
import static io.lssgen.lora.LayerPart.KRONECKER_1;
import static io.lssgen.lora.LayerPart.KRONECKER_1_DOWN;
import static io.lssgen.lora.LayerPart.KRONECKER_1_UP;
import static io.lssgen.lora.LayerPart.KRONECKER_2;
import static io.lssgen.lora.LayerPart.KRONECKER_2_CORE;
import static io.lssgen.lora.LayerPart.KRONECKER_2_DOWN;
import static io.lssgen.lora.LayerPart.KRONECKER_2_UP;
import static io.lssgen.lora.LayerPart.MAGNITUDE;
import static io.lssgen.lora.LayerPart.ROW_MAGNITUDE;
import static io.lssgen.lora.LayerPart.UP;

import io.lssgen.errors.ModelException;
import io.lssgen.lora.LoraLayer.Magnitudes;
import io.lssgen.lora.Product.Hadamard;
import io.lssgen.lora.Product.Kronecker;
import io.lssgen.lora.Product.LowRank;
import io.lssgen.lora.Product.Whole;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.Names;
import io.lssgen.weights.StoredType;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes layers of a file's tensors and checks that they belong together. */
final class LayerReader {
  private static final int MATRIX = 2;

  private final Checkpoint weights;
  private final AdapterSettings settings;

  LayerReader(Checkpoint weights) {
    this.weights = weights;
    settings = AdapterSettings.of(weights);
  }

  /**
   * @param parts the names of the layer's tensors
   * @throws ModelException if one is missing or has a shape or type that it cannot have
   */
  LoraLayer layer(String module, Map<LayerPart, String> parts) {
    Product product = product(module, parts);
    requireAllUsed(module, product, parts);
    product.tensors().forEach(this::requireNumbers);
    return new LoraLayer(
        module, product, scale(module, product, parts), magnitudes(product, parts));
  }

  private void requireAllUsed(String module, Product product, Map<LayerPart, String> parts) {
    Set<String> others = new TreeSet<>(parts.values());
    product.tensors().forEach(others::remove);
    Stream.of(ALPHA, MAGNITUDE, ROW_MAGNITUDE)
        .flatMap(part -> Stream.ofNullable(parts.get(part)))
        .forEach(others::remove);
    if (!others.isEmpty()) {
      throw refused(
          "the layer %s wants one kind of product, found beside it %s"
              .formatted(Names.quoted(module), Names.some(others)));
    }
  }

  private Product product(String module, Map<LayerPart, String> parts) {
    Parts layer = new Parts(module, parts);
    if (layer.has(HADAMARD_1_UP) || layer.has(HADAMARD_1_DOWN)) {
      return layer.checked(
          new Hadamard(
              layer.lowRank(HADAMARD_1_UP, HADAMARD_1_DOWN, HADAMARD_1_CORE, true),
              layer.lowRank(HADAMARD_2_UP, HADAMARD_2_DOWN, HADAMARD_2_CORE, true)));
    }
    if (layer.has(KRONECKER_1) || layer.has(KRONECKER_1_UP)) {
      return new Kronecker(
          layer.wholeOr(KRONECKER_1, KRONECKER_1_UP, KRONECKER_1_DOWN, null),
          layer.wholeOr(KRONECKER_2, KRONECKER_2_UP, KRONECKER_2_DOWN, KRONECKER_2_CORE));
    }
    return layer.lowRank(UP, DOWN, CORE, false);
  }

  /** One layer's tensors by their parts. */
  private final class Parts {
    private final String module;
    private final Map<LayerPart, String> names;

    Parts(String module, Map<LayerPart, String> names) {
      this.module = module;
      this.names = names;
    }

    boolean has(@Nullable LayerPart part) {
      return part != null && names.containsKey(part);
    }

    private String name(LayerPart part) {
      String name = names.get(part);
      if (name == null) {
        throw refused(
            "of the layer %s it holds one half alone, %s; fetch or write the file again"
                .formatted(Names.quoted(module), Names.some(names.values())));
      }
      return name;
    }

    Product wholeOr(LayerPart whole, LayerPart up, LayerPart down, @Nullable LayerPart core) {
      return has(whole)
          ? new Whole(name(whole), shape(name(whole)))
          : lowRank(up, down, core, true);
    }

    /**
     * @param turnsWithCore whether beside a core the first factor lies on its side, [rank, out]
     */
    LowRank lowRank(
        LayerPart upPart, LayerPart downPart, @Nullable LayerPart corePart, boolean turnsWithCore) {
      String up = name(upPart);
      String down = name(downPart);
      String core = corePart != null && has(corePart) ? name(corePart) : null;
      boolean turned = core != null && turnsWithCore;
      long[] left = shape(up);
      long[] right = shape(down);
      long rank = right[0];
      if (left[turned ? 0 : 1] != rank || isSpread(left) || (core != null && isSpread(right))) {
        throw refused(
            "%s and %s want shapes [out, rank] and [rank, in], found %s and %s"
                .formatted(
                    Names.quoted(up), Names.quoted(down), Names.shape(left), Names.shape(right)));
      }
      long[] shape = Product.joined(left[turned ? 1 : 0], right);
      if (core != null) {
        shape = withPlaces(core, shape, rank);
      }
      return new LowRank(up, down, core, turned, shape, rank);
    }

    Hadamard checked(Hadamard product) {
      long[] first = product.first().shape();
      long[] second = product.second().shape();
      if (!Arrays.equals(first, second)) {
        throw refused(
            "the two products of the layer %s want the same shape, found %s and %s"
                .formatted(Names.quoted(module), Names.shape(first), Names.shape(second)));
      }
      return product;
    }
  }

  /** Whether there is more than one value for each pair of channels. */
  private static boolean isSpread(long[] shape) {
    return Arrays.stream(shape).skip(MATRIX).anyMatch(side -> side != 1);
  }

  private long[] withPlaces(String core, long[] shape, long rank) {
    long[] places = shape(core);
    if (places[0] != rank || places[1] != rank) {
      throw refused(
          "%s wants a shape [%d, %d, …], found %s"
              .formatted(Names.quoted(core), rank, rank, Names.shape(places)));
    }
    long[] all = places.clone();
    all[0] = shape[0];
    all[1] = shape[1];
    return all;
  }

  private long[] shape(String name) {
    long[] shape = weights.entry(name).shape();
    if (shape.length < MATRIX || Arrays.stream(shape).anyMatch(side -> side < 1)) {
      throw refused(
          "%s wants a shape [rank, in], [out, rank] or with two sides more, found %s"
              .formatted(Names.quoted(name), Names.shape(shape)));
    }
    return shape;
  }

  private double scale(String module, Product product, Map<LayerPart, String> parts) {
    if (product.rank() == 0) {
      return 1; // LyCORIS writes an alpha all the same
    }
    String alpha = parts.get(ALPHA);
    return alpha == null
        ? settings.scale(module, product.rank()).orElse(1)
        : number(alpha) / product.rank();
  }

  /** LyCORIS has had lengths of columns, [1, in, …], and of rows, [out, 1, …]. */
  private @Nullable Magnitudes magnitudes(Product product, Map<LayerPart, String> parts) {
    boolean rows = parts.containsKey(ROW_MAGNITUDE);
    String name = parts.get(rows ? ROW_MAGNITUDE : MAGNITUDE);
    if (name == null) {
      return null;
    }
    requireNumbers(name);
    long[] shape = weights.entry(name).shape();
    long count = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    boolean columns = !rows && shape.length > 1 && shape[0] == 1 && product.shape()[0] != 1;
    long wanted = product.shape()[columns ? 1 : 0];
    if (count != wanted) {
      throw refused(
          "%s wants %d numbers, one for each %s, found %s"
              .formatted(
                  Names.quoted(name), wanted, columns ? "input" : "output", Names.shape(shape)));
    }
    return new Magnitudes(name, columns);
  }

  /** Types that cannot be read are refused now, not when half of a model is changed. */
  private void requireNumbers(String name) {
    StoredType type = weights.entry(name).dtype();
    if (!type.isQuantised() && type.tensorType().filter(DType::isFloating).isEmpty()) {
      throw refused(
          "%s is of type %s, wanted F32, F16 or BF16".formatted(Names.quoted(name), type.name()));
    }
  }

  private double number(String name) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor tensor = weights.tensor(name);
      if (tensor.numel() != 1 || !tensor.allFinite()) {
        throw refused("%s wants one finite number, found %s".formatted(Names.quoted(name), tensor));
      }
      return tensor.item();
    }
  }

  private ModelException refused(String reason) {
    return new ModelException("cannot use %s as a LoRA: %s".formatted(weights.origin(), reason));
  }
}
