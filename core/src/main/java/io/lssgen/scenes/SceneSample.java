package io.lssgen.scenes;

import io.lssgen.image.RgbImage;

/**
 * A scene with one of its captions and its picture.
 *
 * @param index its place in the stream
 */
public record SceneSample(long index, Scene scene, String caption, RgbImage image) {}
