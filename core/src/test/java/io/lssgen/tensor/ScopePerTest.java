package io.lssgen.tensor;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Opens a scope around each test, so that what a test makes is freed after it. */
public final class ScopePerTest implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace OWN =
      ExtensionContext.Namespace.create(ScopePerTest.class);

  @Override
  public void beforeEach(ExtensionContext context) {
    context.getStore(OWN).put(TensorScope.class, TensorScope.open());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    context.getStore(OWN).remove(TensorScope.class, TensorScope.class).close();
  }
}
