/**
 * The jobs that this browser asked for, in turn. They are remembered, so that a page that is loaded
 * anew finds them again; the server keeps them in its database, so that they survive its restart, too.
 */
import { api, ApiError, type Job, type JobRequest } from "./api";
import { follow, type Listener } from "./events";

/** @property name tells one job of several from the others; empty if it stands alone */
export interface OwnJob {
  id: string;
  name: string;
}

export interface Watcher {
  listener: (job: OwnJob) => Listener;
  over: (job: Job, own: OwnJob) => void;
  lost: (own: OwnJob, problem: ApiError) => void;
  counted: (waiting: number, running: boolean) => void;
}

const KEY = "lssgen.jobs";

export class OwnJobs {
  private readonly jobs: OwnJob[] = stored();
  private following = false;

  constructor(private readonly watcher: Watcher) {}

  /** Takes up what was running when the page was left. */
  resume(): void {
    this.changed();
    void this.followAll();
  }

  /** Asks for pictures; fails with an ApiError if the server refuses. */
  async submit(request: JobRequest, name: string): Promise<OwnJob> {
    const own = { id: (await api.submit(request)).id, name };
    this.jobs.push(own);
    this.changed();
    void this.followAll();
    return own;
  }

  /** Ends the job under way; it is over once the server says so. */
  async cancel(): Promise<void> {
    const first = this.jobs[0];
    if (first) {
      await this.end(first.id);
    }
  }

  /** Ends a job if it is not over already. */
  async end(id: string): Promise<void> {
    try {
      await api.cancel(id);
    } catch (problem) {
      if (!(problem instanceof ApiError && problem.status === 409)) {
        throw problem;
      }
    }
  }

  /** One after the other: the server makes them in this order, and a browser has few connections. */
  private async followAll(): Promise<void> {
    if (this.following) {
      return;
    }
    this.following = true;
    let own: OwnJob | undefined;
    while ((own = this.jobs[0])) {
      await this.followOne(own);
      this.jobs.shift();
      this.changed();
    }
    this.following = false;
  }

  private async followOne(own: OwnJob): Promise<void> {
    const over = (job: Job) => this.watcher.over(job, own);
    try {
      await follow(own.id, { ...this.watcher.listener(own), completed: over, failed: over, cancelled: over });
    } catch (problem) {
      this.watcher.lost(own, problem as ApiError);
    }
  }

  private changed(): void {
    localStorage.setItem(KEY, JSON.stringify(this.jobs));
    this.watcher.counted(Math.max(0, this.jobs.length - 1), this.jobs.length > 0);
  }
}

function stored(): OwnJob[] {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]") as OwnJob[];
  } catch {
    return [];
  }
}
