package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.pipeline.ControlPicture;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.jobs.JobFields;
import java.util.List;
import java.util.Optional;

/**
 * The units of AUTOMATIC1111's extension for ControlNets, {@code alwayson_scripts.controlnet.args},
 * in the words of our own API. No picture is turned into edges or depth here: each is sent as its
 * ControlNet reads it.
 *
 * @param args the units
 */
record ControlNetUnits(List<Fields> args) {
  private static final int NAME = 200;
  private static final String IMAGE = "image";
  private static final String MODULE = "module";
  private static final String MODE = "control_mode";

  /** Those of a request; other scripts have no effect. */
  static ControlNetUnits of(Fields fields) {
    if (!fields.isObject(Txt2Img.SCRIPTS)) {
      fields.withoutEffect(Txt2Img.SCRIPTS); // an empty list, as PHP writes an empty object
      return new ControlNetUnits(List.of());
    }
    Optional<Fields> scripts = fields.object(Txt2Img.SCRIPTS);
    Optional<Fields> own =
        scripts.flatMap(all -> all.object("controlnet").or(() -> all.object("ControlNet")));
    return new ControlNetUnits(
        own.map(script -> script.objects("args", JobFields.MOST_CONTROLS)).orElse(List.of()));
  }

  /** Adds those that are enabled to our own API's fields. */
  void addTo(ObjectNode own) {
    for (Fields unit : args) {
      accept(unit);
      if (unit.looseFlag("enabled").orElse(true)) {
        ArrayNode all = own.withArray("control");
        translate(unit, all.addObject());
      }
    }
  }

  private static void accept(Fields unit) {
    unit.accept("resize_mode", "low_vram", "lowvram", "pixel_perfect", "save_detected_map");
    unit.accept("processor_res", "threshold_a", "threshold_b", "hr_option", "input_mode");
    unit.withoutEffect("mask", "mask_image", "effective_region_mask", "ipadapter_input");
  }

  private static void translate(Fields unit, ObjectNode own) {
    String module = unit.text(MODULE, NAME).orElse("none");
    if (!module.equalsIgnoreCase("none") && !module.isEmpty()) {
      throw ApiException.unprocessable(
          MODULE,
          "module wants none: preprocessors are not here, so the picture is to be sent as the ControlNet reads it; found '%s'"
              .formatted(Fields.shortened(module)));
    }
    mode(unit);
    unit.text("model", NAME)
        .map(Models::withoutHash)
        .filter(name -> !name.isEmpty() && !name.equalsIgnoreCase("none"))
        .ifPresent(name -> own.put("net", name));
    image(unit).ifPresent(image -> own.put(IMAGE, image));
    unit.number("weight", 0, ControlPicture.MOST).ifPresent(value -> own.put("strength", value));
    unit.number("guidance_start", 0, 1).ifPresent(value -> own.put("start", value));
    unit.number("guidance_end", 0, 1).ifPresent(value -> own.put("end", value));
  }

  /** By its number or its name. */
  private static void mode(Fields unit) {
    boolean balanced =
        unit.isNumber(MODE)
            ? unit.integer(MODE, 0, 2).orElse(0) == 0
            : unit.text(MODE, NAME).orElse("Balanced").equalsIgnoreCase("balanced");
    if (!balanced) {
      unit.warn(MODE + " counts as Balanced");
    }
  }

  /** As text, or as an object with a mask beside it. */
  private static Optional<String> image(Fields unit) {
    unit.accept("input_image");
    for (String name : List.of(IMAGE, "input_image")) {
      Optional<String> found =
          unit.isObject(name)
              ? unit.object(name).flatMap(both -> picture(both))
              : unit.text(name, 2 * Bodies.PICTURE).filter(text -> !text.isEmpty());
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> picture(Fields both) {
    both.withoutEffect("mask");
    return both.text(IMAGE, 2 * Bodies.PICTURE).filter(text -> !text.isEmpty());
  }
}
