package io.lssgen.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnfinishedDownloadsTest {
  @TempDir Path root;

  private void file(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "");
  }

  @Test
  void namesTheFirstFewInAFolder() throws IOException {
    file("model/unet/diffusion_pytorch_model.safetensors");
    assertThat(UnfinishedDownloads.hint(root.resolve("model"))).isEmpty();
    file("model/unet/a.safetensors.part");
    file("model/.cache/huggingface/download/vae/b.incomplete");
    assertThat(UnfinishedDownloads.hint(root.resolve("model")))
        .contains("a.safetensors.part, b.incomplete;", "fetch the model again");
    file("model/c.crdownload");
    file("model/d.aria2");
    assertThat(UnfinishedDownloads.hint(root.resolve("model")))
        .contains("a.safetensors.part, b.incomplete, c.crdownload and others, 4;");
  }

  @Test
  void aSnapshotOfTheHubsCacheHasItsFilesElsewhere() throws IOException {
    file("models--o--n/snapshots/0a1b/vae/config.json");
    file("models--o--n/blobs/ff00.incomplete");
    Path snapshot = root.resolve("models--o--n/snapshots/0a1b");
    assertThat(UnfinishedDownloads.hint(snapshot)).contains("ff00.incomplete");
    assertThat(UnfinishedDownloads.hint(snapshot.resolve("vae"))).contains("ff00.incomplete");
    assertThat(UnfinishedDownloads.hint(root.resolve("absent"))).isEmpty();
  }
}
