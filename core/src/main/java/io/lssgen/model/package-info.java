/** Model families and their parts. */
@org.jspecify.annotations.NullMarked
package io.lssgen.model;
