package io.lssgen.text;

/**
 * One token on its way to becoming an id.
 *
 * @param id its id
 * @param text what it stands for, in the alphabet of its model (CLIP: byte symbols; T5: with ▁)
 */
record Piece(int id, String text) {}
