/** Servers for tests: the one that LSSGEN_URL names, or an own one with a data folder that goes with it. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LAUNCHER = process.env.LSSGEN_COMMAND ?? join(import.meta.dirname, "../../../lssgen");

/** The first start may build all modules. */
const PATIENCE_MILLISECONDS = 600_000;

export class OwnServer {
  #data;
  #process;
  url = "";

  static async start(...flags) {
    const server = new OwnServer();
    server.#data = await mkdtemp(join(tmpdir(), "lssgen-page-"));
    await server.start("0", ...flags);
    return server;
  }

  /** Starts it, or starts it anew on the port and the data that it had. */
  async start(port = new URL(this.url).port, ...flags) {
    const options = ["serve", "--port", port, "--data", this.#data, "--drain", "0", ...flags];
    this.#process = spawn(LAUNCHER, options, { stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    await new Promise((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`no server after ${PATIENCE_MILLISECONDS} ms`)), PATIENCE_MILLISECONDS);
      const hear = (line) => {
        said.push(line);
        this.url = /listening on (\S+)/.exec(line)?.[1] ?? this.url;
        if (line.includes("ready with the model") || (flags.includes("--lazy") && line.includes("listening on"))) {
          clearTimeout(timer);
          ready();
        }
      };
      [this.#process.stdout, this.#process.stderr].forEach((stream) => createInterface(stream).on("line", hear));
      this.#process.once("exit", (code) => fail(new Error(`the server ended with ${code}: ${said.join("\n")}`)));
    });
  }

  async stop() {
    const gone = new Promise((resume) => this.#process.once("exit", resume));
    this.#process.kill("SIGTERM");
    await gone;
  }

  async remove() {
    await this.stop();
    await rm(this.#data, { recursive: true, force: true });
  }
}
