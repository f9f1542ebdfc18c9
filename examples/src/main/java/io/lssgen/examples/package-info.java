/**
 * Small programs that show how LSSGen is used from Java. Begin with {@link
 * io.lssgen.examples.MakePicture}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.examples;
