/**
 * The method as a drawing: each stage is a stair, as high as its picture, as wide as its share of
 * the time, made of its steps. Filled from the left as the picture comes about.
 */
import type { Plan, Stage } from "./api";
import { make, seconds } from "./dom";

/** Steps beyond this are drawn as one bar. */
const MOST_CELLS = 60;

/** So that a stair of few pixels is still seen. */
const LOWEST = 0.18;

export class Staircase {
  private cells: HTMLElement[][] = [];
  private stairs: HTMLElement[] = [];
  private steps: number[] = [];
  private total = 0;

  constructor(private readonly host: HTMLElement) {
    host.setAttribute("role", "progressbar");
    host.setAttribute("aria-label", "Steps of the picture");
    this.clear();
  }

  clear(): void {
    this.host.replaceChildren();
    this.host.setAttribute("aria-valuemin", "0");
    this.host.removeAttribute("aria-valuenow");
    this.host.hidden = true;
  }

  /** @param stepSeconds what one step of each stage takes, where that is known */
  draw(plan: Plan, stepSeconds?: number[]): void {
    this.total = plan.total_steps;
    this.cells = [];
    this.steps = plan.stages.map((stage) => stage.steps);
    const last = plan.stages[plan.stages.length - 1];
    this.stairs = plan.stages.map((stage, index) => {
      const each = stepSeconds?.[index];
      const stair = this.stair(stage, index, each === undefined ? "" : ` · ${seconds(stage.steps * each)}`);
      stair.style.setProperty("--weight", String(stage.steps * (each ?? 1)));
      stair.style.setProperty("--cells", String(Math.min(stage.steps, MOST_CELLS)));
      stair.style.setProperty("--side", String(last ? Math.max(LOWEST, stage.height / last.height) : 1));
      return stair;
    });
    this.host.replaceChildren(...this.stairs);
    this.host.hidden = false;
    this.host.setAttribute("aria-valuemax", String(this.total));
    this.reach(0, 0, 0);
  }

  private stair(stage: Stage, index: number, time: string): HTMLElement {
    const count = Math.min(stage.steps, MOST_CELLS);
    const cells = Array.from({ length: count }, () => make("i", { className: "cell" }));
    this.cells.push(cells);
    const riser = index > 0 ? make("span", { className: "riser", textContent: "×2" }) : null;
    const steps = stage.steps === 1 ? "1 step" : `${stage.steps} steps`;
    return make(
      "div",
      { className: "stair", "aria-hidden": "true" },
      make("div", { className: "rise" }, riser, make("div", { className: "block" }, ...cells)),
      make(
        "p",
        { className: "label" },
        make("strong", { textContent: `${stage.width} × ${stage.height}` }),
        make("span", { textContent: steps + time }),
      ),
    );
  }

  /** Shows how far it is: `step` steps of the stage are done, `done` of all. */
  reach(stage: number, step: number, done: number, text = ""): void {
    this.cells.forEach((cells, index) => {
      const full = index < stage ? 1 : 0;
      const share = index === stage ? step / (this.steps[index] ?? 1) : full;
      const filled = Math.round(share * cells.length);
      cells.forEach((cell, place) => cell.classList.toggle("done", place < filled));
      this.stairs[index]?.classList.toggle("now", index === stage && done < this.total && done > 0);
    });
    this.host.setAttribute("aria-valuenow", String(done));
    this.host.setAttribute("aria-valuetext", text || `${done} of ${this.total} steps`);
  }

  /** Everything is done. */
  fill(): void {
    this.reach(this.cells.length, 0, this.total);
  }
}
