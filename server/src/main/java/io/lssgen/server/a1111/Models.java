package io.lssgen.server.a1111;

import io.lssgen.server.http.ApiException;
import io.lssgen.server.models.ModelShelf;

/**
 * Models by the titles that clients of AUTOMATIC1111 know them by.
 *
 * @param shelf all of them
 */
record Models(ModelShelf shelf) {

  /** A title without the hash in brackets that may stand behind it. */
  static String withoutHash(String title) {
    return title.replaceAll(" \\[[0-9a-f]*]$", "");
  }

  /**
   * The name of the model with this title; a hash in brackets behind it is left out.
   *
   * @throws ApiException if there is none
   */
  String named(String title) {
    String name = withoutHash(title);
    if (name.isEmpty()) {
      return shelf.defaultName();
    }
    if (!shelf.has(name)) {
      throw ApiException.unprocessable(
          "sd_model_checkpoint",
          "there is no such model here, wanted one of " + String.join(", ", shelf.names()));
    }
    return name;
  }
}
