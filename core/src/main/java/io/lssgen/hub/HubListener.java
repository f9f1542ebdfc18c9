package io.lssgen.hub;

/** Hears how a download goes on. */
@FunctionalInterface
public interface HubListener {
  /** Does nothing. */
  HubListener NONE = (file, done, all) -> {};

  /**
   * Called as bytes arrive, often. Less may be done than before, when a file has to begin anew.
   *
   * @param file under way, as the repository names it
   * @param done bytes of the model that are here, those of former runs too
   * @param all bytes of the model
   */
  void received(String file, long done, long all);
}
