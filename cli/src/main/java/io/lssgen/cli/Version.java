package io.lssgen.cli;

import io.lssgen.pipeline.LibraryVersion;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
public final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {"lssgen " + LibraryVersion.number()};
  }
}
