package io.lssgen.scenes;

/**
 * Words of a caption that name what a scene shows.
 *
 * @param start of the words in the caption, in chars
 * @param end behind them
 * @param x middle of what they name, from 0 (left edge of the frame) to 1 (right)
 * @param y the same from 0 (top) to 1 (bottom)
 */
public record Mention(int start, int end, double x, double y) {}
