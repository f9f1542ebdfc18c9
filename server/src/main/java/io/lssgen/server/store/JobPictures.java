package io.lssgen.server.store;

import io.lssgen.pipeline.ControlPicture;
import io.lssgen.pipeline.InitialPicture;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pictures that came with a job.
 *
 * @param begun what it begins with; null for noise alone
 * @param followed what it follows
 */
public record JobPictures(@Nullable InitialPicture begun, List<ControlPicture> followed) {
  public JobPictures {
    followed = List.copyOf(followed);
  }
}
