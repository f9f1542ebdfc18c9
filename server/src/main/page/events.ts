/**
 * A job's events. The browser's own EventSource can send no key, so the stream is read by hand. When
 * a connection is lost, another one tells again what happened, which changes nothing that is shown.
 */
import { ApiError, ask, type Job, type Plan } from "./api";

export interface Step {
  image: number;
  stage: number;
  width: number;
  height: number;
  step: number;
  of: number;
  done: number;
  total: number;
  eta_seconds: number | null;
  preview?: string;
}

export interface JobEvents {
  queued: { position: number };
  started: { plan: Plan; images: number };
  text: { seconds: number };
  step: Step;
  stage: { image: number; stage: number; width: number; height: number; preview?: string };
  scaled: { image: number; stage: number; width: number; height: number };
  decoded: { image: number; seed: number; image_id: string; url: string };
  completed: Job;
  failed: Job;
  cancelled: Job;
}

export type Listener = {
  [K in keyof JobEvents]?: (data: JobEvents[K]) => void;
} & { lost?: () => void };

const RETRY_MILLISECONDS = 1500;
const LAST = ["completed", "failed", "cancelled"];

/** Follows a job until it is over. Fails if there is no such job. */
export async function follow(id: string, listener: Listener): Promise<void> {
  while (true) {
    try {
      for await (const event of events(id)) {
        (listener[event.name as keyof JobEvents] as ((data: unknown) => void) | undefined)?.(event.data);
        if (LAST.includes(event.name)) {
          return;
        }
      }
    } catch (problem) {
      if (problem instanceof ApiError && [401, 404, 410].includes(problem.status)) {
        throw problem;
      }
    }
    listener.lost?.();
    await new Promise((resume) => setTimeout(resume, RETRY_MILLISECONDS));
  }
}

interface ServerEvent {
  name: string;
  data: unknown;
}

async function* events(id: string): AsyncGenerator<ServerEvent> {
  const response = await ask("GET", `/v1/jobs/${id}/events`);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (reader) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    yield* blocks.map(parse).filter((event) => event !== null);
  }
}

function parse(block: string): ServerEvent | null {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const data = fields.get("data");
  return data ? { name: fields.get("event") ?? "message", data: JSON.parse(data) } : null;
}
