/** The server's own API, see openapi.yaml: types and calls. */

export interface Stage {
  width: number;
  height: number;
  steps: number;
  image_tokens: number;
}

export interface Plan {
  stages: Stage[];
  total_steps: number;
}

export interface Picture {
  id: string;
  url: string;
  number: number;
  job: string;
  seed: number;
  width: number;
  height: number;
  created: number;
  model: string;
  prompt: string;
  starred: boolean;
}

/** A picture with its settings, named as AUTOMATIC1111 names them. */
export interface PictureInfo extends Picture {
  settings: Settings;
}

export type Settings = Record<string, string>;

export type JobStatus = "queued" | "running" | "completed" | "failed" | "cancelled";

export interface Job {
  id: string;
  status: JobStatus;
  queue_position?: number;
  request: JobRequest & { images: number };
  plan?: Plan;
  times?: { total: number; text: number; denoise: number[]; scale: number; decode: number };
  images: Picture[];
  warnings?: string[];
  error?: { code: string; message: string };
}

export interface JobRequest {
  prompt: string;
  negative_prompt?: string;
  model?: string;
  n?: number;
  width?: number;
  height?: number;
  steps?: number;
  seed?: number;
  true_cfg_scale?: number;
  sampler?: string;
  scheduler?: string;
  image?: string;
  strength?: number;
  mask?: string;
  mask_padding?: number;
  lssgen: {
    plain?: boolean;
    min_size?: number;
    start_sigma?: number;
    scaling?: string;
    shorten_intermediate_steps?: boolean;
  };
}

export interface Model {
  id: string;
  default: boolean;
  loaded: boolean;
  defaults?: {
    width: number;
    height: number;
    steps: number;
    true_cfg_scale: number;
    lssgen: { start_sigma: number; min_size: number; shorten_intermediate_steps: boolean };
  };
}

export interface Capabilities {
  version: string;
  models: Model[];
  samplers: string[];
  schedulers: string[];
  scalings: string[];
  limits: { images: number; steps: number; pixels: number; prompt: number };
}

export interface Estimate {
  plan: Plan;
  seconds: number | null;
  parts?: { step_seconds: number[] };
}

/** What the server says is wrong; status 0 if it does not answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const KEY = "lssgen.key";

/** Kept for this tab alone. */
export function rememberKey(key: string): void {
  sessionStorage.setItem(KEY, key);
}

/** Asks the server; fails with an ApiError. */
export async function ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = new Headers();
  const key = sessionStorage.getItem(KEY);
  if (key) {
    headers.set("Authorization", `Bearer ${key}`);
  }
  if (body !== undefined) {
    headers.set("Content-Type", "application/json");
  }
  let response: Response;
  try {
    const text = body === undefined ? null : JSON.stringify(body);
    response = await fetch(path, { method, headers, body: text, signal: signal ?? null });
  } catch (problem) {
    if (signal?.aborted) {
      throw problem;
    }
    throw new ApiError(0, "offline", "The server does not answer.");
  }
  if (!response.ok) {
    throw await failure(response);
  }
  return response;
}

async function failure(response: Response): Promise<ApiError> {
  const fallback = `The server answered with ${response.status}.`;
  try {
    const body = await response.json();
    const message = body.error?.message ?? body.detail ?? fallback;
    const error = new ApiError(response.status, body.error?.code ?? "", sentence(String(message)));
    if (response.status === 401) {
      document.dispatchEvent(new CustomEvent("lssgen:key-wanted"));
    }
    return error;
  } catch {
    return new ApiError(response.status, "", fallback);
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await ask(method, path, body)).json()) as T;
}

export const api = {
  capabilities: () => json<Capabilities>("GET", "/v1/capabilities"),
  estimate: (request: JobRequest) => json<Estimate>("POST", "/v1/estimate", request),
  tokens: (prompt: string, model: string) =>
    json<{ tokens: number; limit: number }>("POST", "/v1/tokens", { prompt, model }),
  submit: (request: JobRequest) => json<Job>("POST", "/v1/jobs", request),
  job: (id: string) => json<Job>("GET", `/v1/jobs/${id}`),
  cancel: (id: string) => json<Job>("DELETE", `/v1/jobs/${id}`),
  pictures: (before: number | null, starred: boolean) => {
    const query = new URLSearchParams({ count: "24", starred: String(starred) });
    if (before !== null) {
      query.set("before", String(before));
    }
    return json<{ data: Picture[]; has_more: boolean }>("GET", `/v1/images?${query}`);
  },
  info: (id: string) => json<PictureInfo>("GET", `/v1/images/${id}/info`),
  star: (id: string, starred: boolean) => json<Picture>("PATCH", `/v1/images/${id}`, { starred }),
  remove: (id: string) => ask("DELETE", `/v1/images/${id}`),
  readSettings: async (png: string) =>
    (await json<{ parameters: Settings }>("POST", "/sdapi/v1/png-info", { image: png })).parameters,
};
