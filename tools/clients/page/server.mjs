/** Servers for tests: the one that LSSGEN_URL names, or an own one with a data folder that goes with it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const LAUNCHER = process.env.LSSGEN_COMMAND ?? join(import.meta.dirname, "../../../lssgen");

/** The first start may build all modules. */
const PATIENCE_MILLISECONDS = 600_000;

/** What a server may take to end its last step and its answers. */
const END_MILLISECONDS = 120_000;

const DUMP_MILLISECONDS = 5_000;

/** Below those that systems give to connections: while a server is away, a page that asks for it could get its port. */
const PORTS = { first: 20_000, count: 10_000 };

async function freePort() {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const probe = createServer();
    const free = await new Promise((answer) => {
      probe.once("error", () => answer(false));
      probe.listen(port, "127.0.0.1", () => answer(true));
    });
    if (free) {
      await new Promise((closed) => probe.close(closed));
      return port;
    }
  }
}

export class OwnServer {
  #data;
  #process;
  #said = [];
  url = "";

  static async start(...flags) {
    const server = new OwnServer();
    server.#data = await mkdtemp(join(tmpdir(), "lssgen-page-"));
    await server.start(String(await freePort()), ...flags);
    return server;
  }

  /** Starts it, or starts it anew on the port and the data that it had. */
  async start(port = new URL(this.url).port, ...flags) {
    const options = ["serve", "--port", port, "--data", this.#data, "--drain", "0", ...flags];
    this.#process = spawn(LAUNCHER, options, { stdio: ["ignore", "pipe", "pipe"] });
    const said = (this.#said = []);
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

  /** Fails if it has to be killed; does nothing where it has ended already. */
  async stop() {
    const server = this.#process;
    if (server.exitCode !== null || server.signalCode !== null) {
      return;
    }
    const gone = once(server, "exit");
    server.kill("SIGTERM");
    const late = [
      setTimeout(() => server.kill("SIGQUIT"), END_MILLISECONDS), // the JVM says what its threads do
      setTimeout(() => server.kill("SIGKILL"), END_MILLISECONDS + DUMP_MILLISECONDS),
    ];
    const [code, signal] = await gone;
    late.forEach(clearTimeout);
    if (signal === "SIGKILL") {
      throw new Error(`the server did not end within ${END_MILLISECONDS} ms (${code}): ${this.#said.join("\n")}`);
    }
  }

  async remove() {
    await this.stop();
    await rm(this.#data, { recursive: true, force: true });
  }
}
