/**
 * Exact scenes over emoji artwork: the training and evaluation data of the default model. A scene
 * is a full description of a picture; a grammar composes scenes, a captioner words them, a renderer
 * draws them. Pure Java, no tensors. Entry type: {@link io.lssgen.scenes.SceneStream}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.scenes;
