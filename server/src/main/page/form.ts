/** The form: its values, kept for the next visit; token counts; what a run would take. */
import { api, ApiError, type Capabilities, type Estimate, type JobRequest, type Model } from "./api";
import { byId, make, settled } from "./dom";
import { Start } from "./start";

/** By the elements' ids. */
export interface FormValues {
  prompt: string;
  negative: string;
  width: string;
  height: string;
  steps: string;
  images: string;
  seed: string;
  model: string;
  scaled: boolean;
  "min-size": string;
  scaling: string;
  "start-sigma": string;
  shorten: boolean;
  guidance: string;
  sampler: string;
  scheduler: string;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const KEY = "lssgen.form";

/** Sides that suit every model and three stages. */
const SIDES = 64;
const OWN = "default";
const TEXTS = ["prompt", "negative"] as const;

/** A slider and a box cannot be empty, so they count only once the model's own values are known. */
const KNOWN_ONLY = ["start-sigma", "shorten"];
const NAMES: (keyof FormValues)[] = [
  "prompt", "negative", "width", "height", "steps", "images", "seed", "model", "scaled",
  "min-size", "scaling", "start-sigma", "shorten", "guidance", "sampler", "scheduler",
];

export class Form {
  /** What a picture begins with. */
  readonly start = new Start(
    () => this.changed(),
    (width, height) => this.takeProportions(width, height),
  );

  private models: Model[] = [];
  private lastSeed: number | null = null;
  private readonly estimateSoon = settled(250, () => void this.estimate());
  private readonly countSoon = settled(300, () => void this.count());

  /** @param estimated is told the stages and seconds of what the form asks for, when it changes */
  constructor(private readonly estimated: (estimate: Estimate) => void) {
    byId("form").addEventListener("input", () => this.changed());
    byId("model").addEventListener("change", () => this.useDefaults());
    byId("reset").addEventListener("click", () => this.useDefaults());
    byId("swap").addEventListener("click", () => {
      const { width, height } = this.values();
      this.fill({ width: height, height: width });
    });
    byId("seed-random").addEventListener("click", () => this.fill({ seed: "" }));
    byId("seed-reuse").addEventListener("click", () => this.fill({ seed: String(this.lastSeed ?? "") }));
  }

  /** Knows what the server can do, and shows what was typed at the last visit. */
  begin(capabilities: Capabilities): void {
    const typed = this.defaults() ? this.values() : { ...stored(), ...filled(this.texts()) };
    this.models = capabilities.models;
    options("model", capabilities.models.map((model) => model.id));
    options("scaling", capabilities.scalings, OWN);
    options("sampler", capabilities.samplers, OWN);
    options("scheduler", capabilities.schedulers, OWN);
    byId<HTMLInputElement>("images").max = String(capabilities.limits.images);
    byId<HTMLInputElement>("steps").max = String(capabilities.limits.steps);
    TEXTS.forEach((name) => (byId<HTMLTextAreaElement>(name).maxLength = capabilities.limits.prompt));
    const standard = capabilities.models.find((model) => model.default) ?? capabilities.models[0];
    this.set({ model: standard?.id ?? "" });
    this.set(filled({ model: typed.model ?? "" }));
    this.setDefaults();
    this.fill(filled(typed));
  }

  /** Whether it is known what the chosen model does by itself; only loaded models tell. */
  knowsModel(): boolean {
    return this.defaults() !== undefined;
  }

  private defaults(): Model["defaults"] {
    return this.models.find((model) => model.id === this.values().model)?.defaults;
  }

  private texts(): Partial<FormValues> {
    const { prompt, negative } = this.values();
    return { prompt, negative };
  }

  values(): FormValues {
    const entries = NAMES.map((name) => {
      const field = byId<Field>(name);
      return [name, isBox(field) ? field.checked : field.value];
    });
    return Object.fromEntries(entries) as FormValues;
  }

  /** Changes some values; one that a choice does not offer is left as it is. */
  fill(values: Partial<FormValues>): void {
    this.set(values);
    this.changed();
  }

  private set(values: Partial<FormValues>): void {
    for (const [name, value] of Object.entries(values)) {
      const field = byId<Field>(name);
      if (isBox(field)) {
        field.checked = Boolean(value);
      } else if (field instanceof HTMLSelectElement) {
        const wanted = folded(String(value));
        field.value = [...field.options].find((each) => folded(each.value) === wanted)?.value ?? field.value;
      } else {
        field.value = String(value);
      }
    }
  }

  private useDefaults(): void {
    this.setDefaults();
    this.changed();
  }

  /** The model's own settings; fields are empty where they are not known, and then left to it. */
  private setDefaults(): void {
    const own = this.defaults();
    this.set({
      width: text(own?.width),
      height: text(own?.height),
      steps: text(own?.steps),
      guidance: text(own?.true_cfg_scale),
      "min-size": text(own?.lssgen.min_size),
      "start-sigma": text(own?.lssgen.start_sigma),
      shorten: own?.lssgen.shorten_intermediate_steps ?? true,
      scaled: true,
      scaling: "",
      sampler: "",
      scheduler: "",
    });
    KNOWN_ONLY.forEach((name) => (byId<HTMLInputElement>(name).disabled = !own));
  }

  /** Sides as those of a picture, of about as many pixels as before. */
  private takeProportions(width: number, height: number): void {
    const values = this.values();
    const pixels = Number(values.width) * Number(values.height) || width * height;
    const side = (ratio: number) => String(Math.max(1, Math.round(Math.sqrt(pixels * ratio) / SIDES)) * SIDES);
    this.fill({ width: side(width / height), height: side(height / width) });
  }

  /** What is asked for; empty fields are left to the model. */
  request(start = this.start.request()): JobRequest {
    const values = this.values();
    const request: JobRequest = {
      prompt: values.prompt,
      negative_prompt: values.negative,
      ...numbers({ width: values.width, height: values.height, steps: values.steps }),
      ...numbers({ n: values.images, seed: values.seed, true_cfg_scale: values.guidance }),
      ...words({ model: values.model, sampler: values.sampler, scheduler: values.scheduler }),
      ...start,
      lssgen: { plain: true },
    };
    return values.scaled ? this.scaledRequest(request) : request;
  }

  /** The same with scaling, whatever the switch says. */
  scaledRequest(request = this.request()): JobRequest {
    const values = this.values();
    const { min_size, start_sigma } = numbers({ min_size: values["min-size"], start_sigma: values["start-sigma"] });
    const lssgen = { ...(min_size && { min_size }), ...words({ scaling: values.scaling }) };
    const known = { ...(start_sigma && { start_sigma }), shorten_intermediate_steps: values.shorten };
    return { ...request, lssgen: this.knowsModel() ? { ...lssgen, ...known } : lssgen };
  }

  /** The seed of the last picture, for the button that takes it again. */
  remember(seed: number | null): void {
    if (seed === null) {
      return;
    }
    this.lastSeed = seed;
    const reuse = byId<HTMLButtonElement>("seed-reuse");
    reuse.disabled = false;
    reuse.title = `Seed ${seed}`;
  }

  /** What is wrong with the form, where everyone sees and hears it; null if nothing is. */
  complain(message: string | null): void {
    const problem = byId("problem");
    problem.hidden = message === null;
    problem.textContent = message ?? "";
  }

  private changed(): void {
    const values = this.values();
    if (this.knowsModel()) {
      localStorage.setItem(KEY, JSON.stringify(values));
    }
    byId("lssgen-controls").toggleAttribute("inert", !values.scaled);
    byId("start-sigma-value").textContent = Number(values["start-sigma"]).toFixed(2);
    this.estimateSoon();
    this.countSoon();
  }

  private async count(): Promise<void> {
    for (const name of TEXTS) {
      const count = byId(`${name}-count`);
      try {
        const { tokens, limit } = await api.tokens(this.values()[name], this.values().model);
        count.textContent = tokens > limit ? `${tokens} of ${limit} tokens: the rest is not read` : `${tokens} of ${limit} tokens`;
        count.classList.toggle("over", tokens > limit);
      } catch {
        count.textContent = "";
      }
    }
  }

  /** Asks with a stand-in where no prompt is yet: stages and seconds hardly depend on it. */
  private async estimate(): Promise<void> {
    const request = this.request(this.start.standIn());
    try {
      const estimate = await api.estimate({ ...request, prompt: request.prompt.trim() || "a picture" });
      this.complain(null);
      this.estimated(estimate);
    } catch (problem) {
      const error = problem as ApiError;
      // Others say nothing of the form; 409 is a model that is not loaded, which a job loads.
      if (error.status === 400 || error.status === 422) {
        this.complain(error.message);
      }
    }
  }
}

function isBox(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "checkbox";
}

/** Pictures tell "DPM++ 2M SDE" of what is offered as dpm++2m_sde, or the other way round. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[\s_]/g, "");
}

function text(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

/** Without what is empty: that is as it was before. */
function filled(values: Partial<FormValues>): Partial<FormValues> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

function numbers<K extends string>(texts: Record<K, string>): Partial<Record<K, number>> {
  const filled = Object.entries<string>(texts).filter(([, text]) => text.trim() !== "");
  return Object.fromEntries(filled.map(([name, text]) => [name, Number(text)])) as Partial<Record<K, number>>;
}

function words<K extends string>(texts: Record<K, string>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries<string>(texts).filter(([, text]) => text !== "")) as Partial<Record<K, string>>;
}

/** @param none what is shown for no choice, if that is one */
function options(id: string, values: string[], none?: string): void {
  const choices = values.map((value) => make("option", { value, textContent: value }));
  byId(id).replaceChildren(...(none === undefined ? [] : [make("option", { value: "", textContent: none })]), ...choices);
}

function stored(): Partial<FormValues> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<FormValues>;
  } catch {
    return {};
  }
}
