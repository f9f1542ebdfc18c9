package io.lssgen.model;

/**
 * The length of a prompt as a text encoder sees it.
 *
 * @param tokens of the prompt, without the marks around it
 * @param limit how many are read; where prompts are read in chunks, the room of the chunks that
 *     this one takes
 */
public record TokenCount(int tokens, int limit) {}
