/** The large picture and what is said of it: how it comes about, and how that ended. */
import type { Estimate, Job, Picture, Plan } from "./api";
import { byId, button, make, seconds } from "./dom";
import type { JobEvents, Listener, Step } from "./events";
import { Staircase } from "./staircase";

type State = "empty" | "waiting" | "working" | "done" | "failed" | "cancelled";

export class Easel {
  private readonly frame = byId("frame");
  private readonly staircase = new Staircase(byId("staircase"));
  private plan: Plan | null = null;
  private stepSeconds: number[] | undefined;
  private busy = false;
  private images = 1;
  private name = "";

  /** @param open shows a finished picture with all that can be done with it */
  constructor(private readonly open: (picture: Picture) => void) {
    this.empty();
  }

  /** What the form asks for, drawn as long as nothing is being made. */
  preview(estimate: Estimate): void {
    if (this.busy) {
      return;
    }
    const { stages, total_steps: steps } = estimate.plan;
    this.draw(estimate.plan, estimate.parts?.step_seconds);
    const text = stages.length === 1 ? `${steps} steps in one stage` : `${steps} steps in ${stages.length} stages`;
    this.say(text, estimate.seconds === null ? "" : `takes about ${seconds(estimate.seconds)}`);
  }

  empty(): void {
    const text = "Say what the picture shall show. It begins small: a true picture is here before the large one is.";
    this.put("empty", make("p", { className: "invitation", textContent: text }));
  }

  /**
   * What happens when the job's events come.
   *
   * @param name of the job where there are several, else empty
   */
  listener(name: string): Listener {
    this.busy = true;
    this.name = name;
    this.say("", "");
    this.warn([]);
    this.message("waiting", "Sent…");
    return {
      queued: ({ position }) => {
        this.message("waiting", position > 1 ? `Waiting: ${position - 1} before it.` : "Next in the queue.");
      },
      started: (started) => this.started(started),
      step: (step) => this.step(step),
      stage: (stage) => this.stage(stage),
      decoded: ({ url, image }) => {
        this.picture(url, this.images > 1 ? `Picture ${image + 1} of ${this.images}` : "Done");
      },
      lost: () => this.say("The connection is lost. Trying again…", ""),
    };
  }

  private started({ plan, images }: JobEvents["started"]): void {
    this.images = images;
    this.draw(plan, sameStages(plan, this.plan) ? this.stepSeconds : undefined);
    this.message("waiting", "Reading the prompt…");
    this.announce(this.name ? `${this.name}: begun` : "The picture is begun");
  }

  private stage({ width, height, stage, preview }: JobEvents["stage"]): void {
    const size = `${width} × ${height}`;
    if (preview) {
      this.picture(preview, `${size}: stage ${stage + 1} is done, now doubled`);
    }
    this.announce(`The picture of ${size} is there; it is doubled and refined.`);
  }

  private step(step: Step): void {
    const stages = this.plan?.stages.length ?? 1;
    const stage = stages > 1 ? `Stage ${step.stage + 1} of ${stages}` : "One stage";
    const which = this.images > 1 ? `Picture ${step.image + 1} of ${this.images}` : "";
    const now = [this.name, which, stage, `${step.width} × ${step.height}`, `step ${step.step} of ${step.of}`];
    const text = now.filter((part) => part !== "").join(" · ");
    const left = step.eta_seconds === null ? "" : `about ${seconds(step.eta_seconds)} left`;
    this.say(text, left);
    this.staircase.reach(step.stage, step.step, step.done, left ? `${text}, ${left}` : text);
    if (step.preview) {
      this.picture(step.preview, `Preview after step ${step.step}`);
    }
  }

  /** How the job ended. */
  over(job: Job): void {
    this.busy = false;
    if (job.status === "completed") {
      this.completed(job);
    } else if (job.status === "cancelled") {
      const kept = job.images.length > 0 ? " What was done is among the pictures." : "";
      this.message("cancelled", `Cancelled.${kept}`);
      this.say("", "");
      this.announce("Cancelled");
    } else {
      this.broken(job.error?.message ?? "It failed.");
    }
  }

  /** Something went wrong that is no job's end. */
  broken(text: string): void {
    this.busy = false;
    this.message("failed", text);
    this.say("", "");
    this.announce(`Failed: ${text}`);
  }

  private completed(job: Job): void {
    const total = job.times?.total;
    this.staircase.fill();
    const seed = job.images[0]?.seed;
    this.say(seed === undefined ? "Done" : `Done · seed ${seed}`, total === undefined ? "" : `in ${seconds(total)}`);
    this.announce(job.images.length === 1 ? "The picture is done" : `${job.images.length} pictures are done`);
    const pictures = job.images.map((picture) => {
      const each = button("", () => this.open(picture), "result");
      each.append(make("img", { src: picture.url, alt: picture.prompt, width: picture.width, height: picture.height }));
      each.setAttribute("aria-label", `Open: ${picture.prompt}`);
      return each;
    });
    const none = make("p", { className: "invitation", textContent: "Its pictures were deleted." });
    this.put("done", ...(pictures.length > 0 ? pictures : [none]));
    this.warn(job.warnings ?? []);
  }

  private warn(warnings: string[]): void {
    byId("warnings").hidden = warnings.length === 0;
    byId("warnings").textContent = warnings.map((warning) => `Note: ${warning}.`).join(" ");
  }

  private picture(source: string, badge: string): void {
    const shown = this.frame.querySelector<HTMLImageElement>("img.preview");
    if (shown) {
      shown.src = source;
      const text = this.frame.querySelector(".badge");
      if (text) {
        text.textContent = badge;
      }
      return;
    }
    this.put(
      "working",
      make("img", { className: "preview", src: source, alt: "The picture as it is by now" }),
      make("p", { className: "badge", textContent: badge }),
    );
  }

  private message(state: State, text: string): void {
    this.put(state, make("p", { className: "invitation", textContent: text }));
  }

  private put(state: State, ...content: HTMLElement[]): void {
    this.frame.dataset.state = state;
    this.frame.dataset.pictures = String(content.filter((each) => each.matches(".result")).length);
    this.frame.replaceChildren(...content);
  }

  private draw(plan: Plan, stepSeconds: number[] | undefined): void {
    this.plan = plan;
    this.stepSeconds = stepSeconds;
    this.staircase.draw(plan, stepSeconds);
    const last = plan.stages[plan.stages.length - 1];
    if (last) {
      byId("easel").style.setProperty("--shape", String(last.width / last.height));
    }
  }

  private say(text: string, left: string): void {
    byId("progress-text").textContent = text;
    byId("eta").textContent = left;
  }

  /** For screen readers: stages and ends, not every step. */
  private announce(text: string): void {
    byId("announcer").textContent = text;
  }
}

/** Whether what was found out of one plan's times holds for the other. */
function sameStages(one: Plan, other: Plan | null): boolean {
  const key = (plan: Plan | null) => JSON.stringify(plan?.stages.map((each) => [each.width, each.height, each.steps]));
  return key(one) === key(other);
}
