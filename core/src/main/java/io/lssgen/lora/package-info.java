/**
 * Low-rank adaptations of a loaded model's weights (LoRA, arXiv 2106.09685): files in kohya's and
 * in diffusers' keys, put into the weights and taken out again. Entry types: {@link
 * io.lssgen.lora.LoraSwitch}, which changes a model, {@link io.lssgen.lora.Lora}, which says with
 * what, and {@link io.lssgen.lora.PromptLoras}, which finds them in a prompt.
 *
 * <p>On the way from a file to the weights: {@link io.lssgen.lora.LoraFile} pairs its tensors to
 * layers, {@link io.lssgen.lora.LoraTargets} finds the parameters that a layer's name means, by the
 * tables in {@link io.lssgen.lora.NamingSchemes}, {@link io.lssgen.lora.LoraChanges} checks that
 * all of it fits, and the switch adds it.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.lora;
