package io.lssgen.model.unet;

import io.lssgen.tensor.Tensor;
import java.util.List;

/**
 * What a ControlNet adds to a UNet's states.
 *
 * @param skips in the order of the way down, each in the shape of the UNet's
 * @param middle to the deepest state
 */
record ControlStates(List<Tensor> skips, Tensor middle) {}
