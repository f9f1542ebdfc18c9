package io.lssgen.tensor;

import org.bytedeco.pytorch.global.torch.DeviceType;

/** Where a tensor's values live. */
public enum Device {
  /** The host's memory. */
  CPU(DeviceType.CPU),
  /** The first CUDA device; needs the natives of the {@code cuda} build profile. */
  CUDA(DeviceType.CUDA),
  /** Shapes only, no values: for checking a configuration without allocating its weights. */
  META(DeviceType.Meta);

  private final DeviceType type;

  Device(DeviceType type) {
    this.type = type;
  }

  org.bytedeco.pytorch.Device handle() {
    return this == CUDA
        ? new org.bytedeco.pytorch.Device(type, (byte) 0)
        : new org.bytedeco.pytorch.Device(type);
  }
}
