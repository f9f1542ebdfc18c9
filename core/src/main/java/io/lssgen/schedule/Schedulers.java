package io.lssgen.schedule;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** The schedulers that a model folder can name: one line each. */
public final class Schedulers {
  private static final Map<String, Function<ModelConfig, Scheduler>> BY_CLASS = new TreeMap<>();

  static {
    BY_CLASS.put(
        FlowMatchEulerConfig.CLASS_NAME,
        config -> new FlowMatchEuler(FlowMatchEulerConfig.of(config)));
    BY_CLASS.put(Ddim.CLASS_NAME, Ddim::of);
    BY_CLASS.put(DpmSolver.CLASS_NAME, DpmSolver::of);
    BY_CLASS.put(EdmDpmSolver.CLASS_NAME, EdmDpmSolver::of);
    BY_CLASS.put(EdmEuler.CLASS_NAME, EdmEuler::of);
    BY_CLASS.put(Euler.CLASS_NAME, Euler::of);
    BY_CLASS.put(EulerAncestral.CLASS_NAME, EulerAncestral::of);
    BY_CLASS.put(Heun.CLASS_NAME, Heun::of);
    BY_CLASS.put(Lcm.CLASS_NAME, Lcm::of);
    BY_CLASS.put(LinearMultistep.CLASS_NAME, LinearMultistep::of);
    BY_CLASS.put(Pndm.CLASS_NAME, Pndm::of);
    BY_CLASS.put(UniPc.CLASS_NAME, UniPc::of);
  }

  private Schedulers() {}

  /** The classes of diffusers that are supported, as {@code _class_name} has them, sorted. */
  public static Set<String> names() {
    return Collections.unmodifiableSet(BY_CLASS.keySet());
  }

  /**
   * The scheduler of a diffusers {@code scheduler/scheduler_config.json}, with its settings.
   *
   * @throws ModelException if its class, or a setting of it, is not supported
   */
  public static Scheduler of(ModelConfig config) {
    String name = config.text("_class_name");
    Function<ModelConfig, Scheduler> maker = BY_CLASS.get(name);
    if (maker == null) {
      throw new ModelException(
          config.origin()
              + ": the scheduler "
              + name
              + " is not supported, wanted one of "
              + String.join(", ", BY_CLASS.keySet()));
    }
    return maker.apply(config);
  }
}
