/** The same seed with and without scaling: both pictures under a slider, both times. */
import { api, type Job, type JobRequest } from "./api";
import { byId, button, make, seconds } from "./dom";
import type { OwnJobs } from "./jobs";

interface Pair {
  scaled: string;
  plain: string;
}

const KEY = "lssgen.comparison";

/** Seeds that are drawn here are as large as the server's. */
const SEEDS = 2 ** 32;

export class Comparison {
  private readonly section = byId("comparison");
  private pair: Pair | null = stored();

  /** @param jobs through which both pictures are asked for */
  constructor(private readonly jobs: OwnJobs) {}

  /**
   * Makes both pictures, the scaled one first.
   *
   * @param request with scaling
   */
  async begin(request: JobRequest): Promise<void> {
    const seed = request.seed ?? Math.floor(Math.random() * SEEDS);
    const both = { ...request, seed, n: 1 };
    const scaled = await this.jobs.submit(both, "Scaled");
    const plain = await this.jobs.submit({ ...both, lssgen: { plain: true } }, "Plain");
    this.pair = { scaled: scaled.id, plain: plain.id };
    localStorage.setItem(KEY, JSON.stringify(this.pair));
    this.wait();
  }

  /** Whether a job is half of the comparison; a cancelled half ends the other one. */
  async over(job: Job): Promise<void> {
    if (!this.pair || ![this.pair.scaled, this.pair.plain].includes(job.id)) {
      return;
    }
    if (job.status === "completed") {
      await this.show();
      this.section.scrollIntoView({ block: "nearest" });
      return;
    }
    const other = job.id === this.pair.scaled ? this.pair.plain : this.pair.scaled;
    this.close();
    await this.jobs.end(other);
  }

  /** The comparison of the last visit, if there is one. */
  async show(): Promise<void> {
    if (!this.pair) {
      return;
    }
    try {
      const [scaled, plain] = await Promise.all([api.job(this.pair.scaled), api.job(this.pair.plain)]);
      if (scaled.images[0] && plain.images[0]) {
        this.draw(scaled, plain);
      } else if ([scaled, plain].some((job) => job.status === "queued" || job.status === "running")) {
        this.wait();
      } else {
        this.close();
      }
    } catch {
      this.section.hidden = true; // the server is away, or has forgotten the jobs
    }
  }

  private wait(): void {
    this.section.hidden = false;
    this.section.replaceChildren(this.head("Scaled and plain"), make("p", { className: "hint", textContent: "Both pictures are being made…" }));
  }

  private close(): void {
    this.pair = null;
    localStorage.removeItem(KEY);
    this.section.hidden = true;
    this.section.replaceChildren();
  }

  private head(title: string): HTMLElement {
    return make(
      "div",
      { className: "gallery-head" },
      make("h2", { id: "comparison-title", textContent: title }),
      button("Close", () => this.close(), "quiet"),
    );
  }

  private draw(scaled: Job, plain: Job): void {
    const times = [scaled, plain].map((job) => job.times?.total ?? 0);
    this.section.hidden = false;
    this.section.replaceChildren(
      this.head(verdict(times[0] ?? 0, times[1] ?? 0)),
      make("p", { className: "hint", textContent: `Seed ${scaled.images[0]?.seed} · ${scaled.request.prompt}` }),
      slider(scaled, plain),
      make("div", { className: "times" }, time("Scaled", scaled, times), time("Plain", plain, times)),
    );
  }
}

/** Two times of one run each: what is within 2 % is the same. */
function verdict(scaled: number, plain: number): string {
  const ratio = plain / scaled;
  if (ratio > 1.02) {
    return `Scaled is ${ratio.toFixed(2)} times as fast`;
  }
  return ratio < 0.98 ? `Plain is ${(1 / ratio).toFixed(2)} times as fast here` : "Both take the same time here";
}

function slider(scaled: Job, plain: Job): HTMLElement {
  const picture = (job: Job, alt: string, className: string) =>
    make("img", { src: job.images[0]?.url ?? "", alt, className, draggable: false });
  const range = make("input", { type: "range", min: "0", max: "100", value: "50", "aria-label": "How much of the scaled picture is seen" });
  const box = make(
    "div",
    { className: "slider" },
    picture(plain, "Plain", "under"),
    picture(scaled, "Scaled", "over"),
    make("span", { className: "tag left", textContent: "Scaled", "aria-hidden": "true" }),
    make("span", { className: "tag right", textContent: "Plain", "aria-hidden": "true" }),
    make("span", { className: "edge", "aria-hidden": "true" }),
    range,
  );
  const size = scaled.images[0];
  box.style.setProperty("--shape", String((size?.width ?? 1) / (size?.height ?? 1)));
  const move = () => box.style.setProperty("--part", `${range.value}%`);
  range.addEventListener("input", move);
  move();
  return box;
}

function time(name: string, job: Job, all: number[]): HTMLElement {
  const total = job.times?.total ?? 0;
  const stages = (job.plan?.stages ?? []).map((stage) => `${stage.steps} steps at ${stage.width} × ${stage.height}`);
  const bar = make("span", { className: name === "Scaled" ? "bar-fill accent" : "bar-fill" });
  bar.style.setProperty("--share", String(total / Math.max(...all, 1e-9)));
  return make(
    "div",
    { className: "time" },
    make("p", {}, make("strong", { textContent: name }), make("span", { textContent: seconds(total) })),
    make("span", { className: "bar-track", "aria-hidden": "true" }, bar),
    make("p", { className: "hint", textContent: stages.join(", then ") }),
  );
}

function stored(): Pair | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "null") as Pair | null;
  } catch {
    return null;
  }
}
