/**
 * The models that can be asked for, of which one is loaded. Entry type: {@link
 * io.lssgen.server.models.ModelShelf}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.models;
