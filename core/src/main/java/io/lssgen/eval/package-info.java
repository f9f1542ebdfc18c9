/**
 * Evaluation: reads pictures back with a small detector and scores them exactly against what they
 * were to show. The detector proves itself on true scenes first; what it is unsure of counts as
 * wrong. Entry type: {@link io.lssgen.eval.SceneEvaluation}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.eval;
