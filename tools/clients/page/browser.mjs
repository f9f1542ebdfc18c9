/** The distribution's Chromium on the page, with what must never happen watched on every visit. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import { OwnServer } from "./server.mjs";

const SHOTS = join(import.meta.dirname, "../../../target/clients/page");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(SHOTS, { recursive: true });

/** A server that is stopped, or says no, is seen in the console, too. */
const EXPECTED = /Failed to load resource|net::ERR_/;

/** The server to be used, where a test does not need one of its own. */
export const given = process.env.LSSGEN_URL?.replace(/\/$/, "");

export const PROMPT = "a red apple left of a blue book on a yellow background";

/**
 * A browser and a server for all tests of a file, there once the first of them begins.
 *
 * @param first what is done with them before; of two hooks of one file neither waits for the other
 */
export function setUp(first = async () => {}) {
  const shared = { visit: async (options) => (await Visit.begin(shared.browser, shared.url, options)).ready() };
  before(async () => {
    shared.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    });
    shared.server = given ? null : await OwnServer.start();
    shared.url = given ?? shared.server.url;
    await first(shared);
  });
  after(async () => {
    await shared.browser?.close();
    await shared.server?.remove();
  });
  return shared;
}

export class Visit {
  /** What no visit may show: errors, refused content, requests to elsewhere. */
  wrongs = [];

  static async begin(browser, url, options = {}) {
    const visit = new Visit();
    visit.url = url;
    visit.context = await browser.newContext({ viewport: { width: 1360, height: 940 }, reducedMotion: "reduce", ...options });
    visit.page = await visit.context.newPage();
    visit.page.on("pageerror", (error) => visit.wrongs.push(String(error)));
    visit.page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !EXPECTED.test(message.text())) {
        visit.wrongs.push(message.text());
      }
    });
    visit.page.on("request", (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) {
        visit.wrongs.push(`request to ${request.url()}`);
      }
    });
    await visit.page.goto(url);
    return visit;
  }

  /** The page once the server's model is known. */
  async ready() {
    await this.page.locator("#state[data-state=ready]").waitFor();
    await this.page.waitForFunction(() => document.querySelector("#steps").value !== "");
    return this;
  }

  async state(state, timeout = 120_000) {
    await this.page.locator(`#frame[data-state=${state}]`).waitFor({ timeout });
  }

  /** Fills the form and leaves the rest as the model has it. */
  async fill(values) {
    for (const [id, value] of Object.entries(values)) {
      if (!(await this.page.isVisible(`#${id}`))) {
        await this.page.click("#settings > summary");
      }
      await this.page.fill(`#${id}`, String(value));
    }
  }

  async shoot(name, options = {}) {
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`), ...options });
  }

  /** Scrolls to the end and back, so that pictures are loaded that wait for coming into view. */
  async loadPictures() {
    await this.page.locator("#grid").evaluate((grid) => grid.scrollIntoView({ block: "end" }));
    await this.page.waitForFunction(() => [...document.images].every((image) => image.complete && image.naturalWidth > 0));
    await this.page.evaluate(() => scrollTo(0, 0));
  }

  /** Rules of WCAG 2.2 A and AA that a program can check. */
  async accessible(what) {
    await this.page.evaluate(AXE);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations, passes } = await this.page.evaluate((values) => globalThis.axe.run({ runOnly: values }), tags);
    const found = violations.map((each) => `${each.id}: ${each.nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
    assert.deepEqual(found, [], what);
    assert.ok(passes.some((each) => each.id === "color-contrast"), "contrast was measured");
  }

  json(path) {
    return fetch(this.url + path).then((answer) => answer.json());
  }

  async end() {
    await this.context.close();
    assert.deepEqual(this.wrongs, []);
  }
}
