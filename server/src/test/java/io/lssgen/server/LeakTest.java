package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LeakTest {
  @RegisterExtension static final TinyServer server = new TinyServer();

  @Test
  void manyRequestsLeaveNoNativeHandles() throws InterruptedException {
    round();
    long before = TorchRuntime.liveHandles();
    for (int i = 0; i < 12; i++) {
      round();
    }

    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void changingModelsLeavesNoNativeHandles() {
    change();
    long before = TorchRuntime.liveHandles();
    for (int i = 0; i < 3; i++) {
      change();
    }

    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void change() {
    for (String model : new String[] {"tiny-sd", "tiny"}) {
      String request = "{'prompt': 'an apple', 'steps': 2, 'model': '" + model + "'}";
      assertThat(server.post("/v1/images/generations", request).status()).isEqualTo(200);
    }
  }

  /** A picture, a stream with pictures of the way, one that fails and one that is ended. */
  private static void round() throws InterruptedException {
    server.post("/v1/images/generations", "{'prompt': 'an apple', 'n': 2}");
    server.postStream(
        "/v1/images/generations", "{'prompt': 'b', 'stream': true, 'partial_images': 3}");
    server.eventsOf(server.submit("{'prompt': 'an apple', 'steps': 5}"));
    server.post("/v1/images/generations", "{'prompt': 'an apple', 'size': '65x65'}");
    String ended = server.submit(TinyServer.LONG);
    server.await(ended, "running");
    server.send("DELETE", "/v1/jobs/" + ended, null);
    server.await(ended, "cancelled");
  }
}
