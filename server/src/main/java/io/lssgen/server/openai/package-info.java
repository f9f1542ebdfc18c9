/**
 * The API that clients of OpenAI's image generation speak. Entry type: {@link
 * io.lssgen.server.openai.OpenAiRoutes}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.openai;
