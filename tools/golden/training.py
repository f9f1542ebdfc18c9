"""A linear model trained by torch, for the training loop to repeat; learning rates of torch's schedules.

`training/regression.json`: eight rows of data, start values, and after 6 steps of `torch.optim.AdamW` (weight decay
on the matrix only, gradients of two micro-batches of two rows each, `clip_grad_norm_`, `CosineAnnealingLR`) the
parameters and their average by `torch.optim.swa_utils`; losses and gradient norms of every step. Tolerance: max
absolute error 1e-5.

`training/muon.json`: start values, gradients of 4 steps and the end values of `torch.optim.Muon`. It computes in bf16:
the distance gone may differ by 4 % (rms), as roundings fall elsewhere.

`training/schedules.json`: `CosineAnnealingLR` and `LinearLR`; relative error 1e-9.
"""

from common import GOLDEN, generator, save_json

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

OUT = GOLDEN / "training"
STEPS, ROWS, CLIP, DECAY, PEAK, LAST = 6, 8, 0.5, 0.1, 0.05, 0.1
BETAS, EPS, WEIGHT_DECAY = (0.9, 0.95), 1e-8, 0.1
MUON_STEPS = 4


def regression():
    g = generator(5)
    inputs, targets = torch.randn(ROWS, 3, generator=g), 3 * torch.randn(ROWS, 2, generator=g)
    model = torch.nn.Linear(3, 2)
    model.weight.copy_(torch.randn(2, 3, generator=g))
    model.bias.copy_(torch.randn(2, generator=g))
    start = {"weight": model.weight.flatten().tolist(), "bias": model.bias.tolist()}
    adam = torch.optim.AdamW(
        [{"params": [model.weight], "weight_decay": WEIGHT_DECAY}, {"params": [model.bias], "weight_decay": 0.0}],
        lr=PEAK, betas=BETAS, eps=EPS)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=STEPS, eta_min=PEAK * LAST)
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY))
    average.n_averaged.fill_(1)  # the average begins at the start values, not at those after the first step
    losses, norms = [], []
    for step in range(STEPS):
        adam.zero_grad()
        total = 0.0
        for micro in range(2):
            rows = [(4 * step + 2 * micro + i) % ROWS for i in range(2)]
            with torch.enable_grad():
                loss = (model(inputs[rows]) - targets[rows]).square().mean()
                (loss / 2).backward()
            total += loss.item() / 2
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item())
        losses.append(total)
        adam.step()
        rates.step()
        average.update_parameters(model)
    save_json(OUT / "regression.json", {
        "inputs": inputs.flatten().tolist(), "targets": targets.flatten().tolist(), "start": start,
        "weight": model.weight.flatten().tolist(), "bias": model.bias.tolist(),
        "average_weight": average.module.weight.flatten().tolist(), "average_bias": average.module.bias.tolist(),
        "losses": losses, "gradient_norms": norms})


def muon():
    """Three matrices: tall, wide, and a kernel [4, 2, 3, 3] as the matrix [4, 18]."""
    g = generator(6)
    shapes = {"kernel": (4, 18), "tall": (6, 3), "wide": (3, 5)}
    parameters = {name: torch.nn.Parameter(torch.randn(shape, generator=g)) for name, shape in shapes.items()}
    start = {name: p.flatten().tolist() for name, p in parameters.items()}
    optimizer = torch.optim.Muon(
        parameters.values(), lr=PEAK, weight_decay=WEIGHT_DECAY, momentum=BETAS[0], nesterov=True,
        adjust_lr_fn="match_rms_adamw")
    gradients = []
    for _ in range(MUON_STEPS):
        step = {name: torch.randn(shape, generator=g) for name, shape in shapes.items()}
        gradients.append({name: v.flatten().tolist() for name, v in step.items()})
        for name, p in parameters.items():
            p.grad = step[name]
        optimizer.step()
    save_json(OUT / "muon.json", {
        "start": start, "gradients": gradients, "end": {n: p.flatten().tolist() for n, p in parameters.items()}})


def rates(make, steps: int):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=PEAK)
    schedule = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return values


if __name__ == "__main__":
    regression()
    muon()
    schedulers = torch.optim.lr_scheduler
    save_json(OUT / "schedules.json", {
        "peak": PEAK, "last": LAST, "steps": 20,
        "cosine": rates(lambda o: schedulers.CosineAnnealingLR(o, T_max=20, eta_min=PEAK * LAST), 20),
        "linear": rates(lambda o: schedulers.LinearLR(o, start_factor=1.0, end_factor=LAST, total_iters=20), 20)})
