/** Every use of the page, in a browser, against a server that makes pictures. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { given, PROMPT, setUp, Visit } from "./browser.mjs";
import { OwnServer } from "./server.mjs";

const shared = setUp();
const { visit } = shared;

test("an empty page says what to do and what a run would take", async () => {
  const page = await visit();
  await page.page.locator(".stair").first().waitFor();
  assert.equal(await page.page.locator(".stair").count(), 2);
  assert.match(await page.page.textContent("#frame"), /Say what/);
  if (!given) {
    assert.match(await page.page.textContent("#gallery-empty"), /No pictures yet/);
  }
  await page.page.click("#generate");
  assert.match(await page.page.textContent("#problem"), /Say first/);
  await page.shoot("empty");
  await page.end();
});

test("tokens are counted and stages follow the form", async () => {
  const page = await visit();
  await page.fill({ prompt: "a red apple" });
  await page.page.waitForFunction(() => /^[1-9]\d* of \d+ tokens$/.test(document.querySelector("#prompt-count").textContent));
  await page.fill({ prompt: "apple ".repeat(200) });
  await page.page.locator("#prompt-count.over").waitFor();
  await page.page.uncheck("#scaled");
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 1);
  await page.page.check("#scaled");
  await page.fill({ "min-size": 128 });
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 3);
  await page.fill({ width: 500 });
  await page.page.locator("#problem").waitFor();
  assert.match(await page.page.textContent("#problem"), /500/);
  await page.shoot("refused");
  await page.end();
});

test("a picture is made, small first, with its stages", async () => {
  const page = await visit();
  await page.fill({ prompt: PROMPT, seed: 3 });
  await page.page.evaluate(() => {
    globalThis.seen = [];
    new MutationObserver(() => {
      const badge = document.querySelector(".badge")?.textContent;
      const now = Number(document.querySelector("#staircase").getAttribute("aria-valuenow"));
      const preview = document.querySelector(".preview")?.src.slice(0, 20);
      globalThis.seen.push({ badge, preview, now, text: document.querySelector("#progress-text").textContent });
    }).observe(document.querySelector("#easel"), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await page.page.keyboard.press("Control+Enter");
  await page.page.waitForFunction(() => Number(document.querySelector("#staircase").getAttribute("aria-valuenow")) > 15);
  await page.shoot("working");
  await page.state("done");

  const seen = await page.page.evaluate(() => globalThis.seen);
  const texts = seen.map((each) => each.text);
  const first = texts.map((each) => /Stage 1 of 2 · 256 × 256 · step \d+ of (\d+)/.exec(each)).find(Boolean);
  assert.ok(first, "first stage was told");
  const second = texts.map((each) => /Stage 2 of 2 · 512 × 512 · step \d+ of (\d+)/.exec(each)).find(Boolean);
  assert.ok(second, "second stage was told");
  const steps = seen.map((each) => each.now).filter((now) => now > 0);
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b), "steps only go up");
  assert.equal(steps.at(-1), Number(first[1]) + Number(second[1]));
  const small = seen.findIndex((each) => each.badge?.startsWith("256 × 256") && each.preview?.startsWith("data:image/jpeg"));
  assert.ok(small > 0 && seen[small].now === Number(first[1]), "the small picture is there when its stage ends");
  assert.ok(seen.some((each) => /Preview/.test(each.badge ?? "")), "steps were shown");
  assert.equal(await page.page.evaluate(() => document.querySelector(".result img").naturalWidth), 512);
  assert.match(await page.page.textContent("#eta"), /in \d/);
  await page.loadPictures();
  await page.shoot("done");
  await page.end();
});

test("a prompt is text wherever it is shown", async () => {
  const page = await visit();
  const prompt = "<img src=x onerror=\"document.title='taken'\"><b>apple</b>";
  await page.fill({ prompt, steps: 2 });
  await page.page.click("#generate");
  await page.state("done");
  await page.page.locator(".card", { hasText: prompt }).first().waitFor();
  await page.page.click(".card .thumb");
  assert.equal(await page.page.textContent("#viewer h2"), prompt);
  assert.equal(await page.page.locator("b, img[src=x]").count(), 0);
  assert.equal(await page.page.title(), "LSSGen");
  await page.end();
});

test("a run is cancelled with Escape", async () => {
  const page = await visit();
  await page.fill({ prompt: PROMPT, steps: 200 });
  await page.page.keyboard.press("Control+Enter");
  await page.page.locator(".preview").waitFor({ timeout: 60_000 });
  await page.page.keyboard.press("Escape");
  await page.state("cancelled", 20_000);
  assert.ok(await page.page.isDisabled("#cancel"));
  const [job] = (await page.json("/v1/jobs")).data;
  assert.equal(job.status, "cancelled");
  await page.shoot("cancelled");
  await page.end();
});

test("a running job is found again after a reload", async () => {
  const page = await visit();
  await page.fill({ prompt: PROMPT, steps: 60 });
  await page.page.click("#generate");
  await page.state("working");
  const [job] = (await page.json("/v1/jobs")).data;
  await page.page.reload();
  await page.state("working");
  assert.equal((await page.json(`/v1/jobs/${job.id}`)).status, "running");
  assert.equal(await page.page.inputValue("#prompt"), PROMPT, "the form is as it was left");
  assert.equal(await page.page.inputValue("#steps"), "60");
  await page.shoot("reloaded");
  await page.state("done");
  const { images } = await page.json(`/v1/jobs/${job.id}`);
  assert.equal(await page.page.getAttribute(".result img", "src"), images[0].url);
  await page.end();
});

test("scaled and plain are compared at the same seed", async () => {
  const page = await visit();
  await page.fill({ prompt: PROMPT, seed: 3 });
  await page.page.click("#compare");
  await page.page.locator(".slider").waitFor({ timeout: 120_000 });
  const jobs = (await page.json("/v1/jobs")).data.slice(0, 2);
  assert.deepEqual(jobs.map((job) => job.plan.stages.length), [1, 2]);
  assert.deepEqual(jobs.map((job) => job.images[0].seed), [3, 3]);
  const shown = await page.page.locator(".time p:first-child span").allTextContents();
  const told = jobs.reverse().map((job) => job.times.total);
  shown.forEach((text, place) => assert.ok(Math.abs(parseFloat(text) - told[place]) <= 0.5, `${text} for ${told[place]}`));
  const slider = page.page.getByRole("slider", { name: /scaled picture/ });
  const edge = () => page.page.evaluate(() => document.querySelector(".edge").getBoundingClientRect().x);
  const middle = await edge();
  await slider.focus();
  await page.page.keyboard.press("ArrowRight");
  assert.ok((await edge()) > middle, "keys move the edge");
  const box = await page.page.locator(".slider").boundingBox();
  await page.page.mouse.click(box.x + box.width * 0.25, box.y + box.height / 2);
  assert.ok((await edge()) < middle, "so does the mouse");
  await page.page.locator("#comparison").scrollIntoViewIfNeeded();
  await page.page.locator("#comparison").screenshot({ path: "../../../target/clients/page/compare.png" });
  await page.page.reload();
  await page.page.locator(".slider").waitFor();
  await page.page.locator("#comparison").getByRole("button", { name: "Close" }).click();
  await page.end();
});

test("pictures are starred, reused, downloaded, dropped and deleted", async () => {
  const page = await visit();
  await page.fill({ prompt: "three green pears", seed: 77, steps: 5, "min-size": 128 });
  await page.page.check("#shorten");
  await page.page.click("#generate");
  await page.state("done");
  const picture = (await page.json("/v1/images?count=1")).data[0];
  const card = page.page.locator(`[data-id="${picture.id}"]`);
  await card.locator(".star").click();
  await card.locator(".star[aria-pressed=true]").waitFor();
  await page.page.reload();
  await page.ready();
  await page.page.check("#only-starred");
  await page.page.waitForFunction(() => [...document.querySelectorAll(".star")].every((each) => each.ariaPressed === "true"));
  await card.locator(".thumb").click();

  const waiting = page.page.waitForEvent("download");
  await page.page.getByRole("link", { name: "Download" }).click();
  const file = await readFile(await (await waiting).path());
  assert.deepEqual([...file.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  await page.page.locator("#viewer dd", { hasText: "77" }).waitFor();
  await page.shoot("viewer");
  await page.page.keyboard.press("Escape");

  await page.fill({ prompt: "", seed: "", steps: 9, "min-size": 256 });
  await drop(page, "pears.png", file);
  await page.page.waitForFunction(() => document.querySelector("#prompt").value === "three green pears");
  assert.deepEqual(
    await page.page.evaluate(() => ["seed", "steps", "min-size", "width"].map((id) => document.getElementById(id).value)),
    ["77", "5", "128", "512"],
  );
  await drop(page, "blank.png", BLANK);
  await page.page.locator(".notice.bad", { hasText: "holds no settings" }).waitFor();
  await page.shoot("dropped");

  await page.fill({ prompt: "", seed: "" });
  await card.locator(".thumb").click();
  await page.page.getByRole("button", { name: "Reuse settings" }).click();
  assert.equal(await page.page.inputValue("#seed"), "77");

  await card.locator(".thumb").click();
  await page.page.getByRole("button", { name: "Delete" }).click();
  await page.page.locator("#ask").getByRole("button", { name: "Delete" }).click();
  await card.waitFor({ state: "detached" });
  assert.equal((await fetch(shared.url + picture.url)).status, 410);
  await page.end();
});

test("a picture begins with another, and what is painted over is made anew", async () => {
  const page = await visit();
  await page.fill({ prompt: "two blue mugs", seed: 5, steps: 4 });
  await page.page.click("#generate");
  await page.state("done");
  await page.page.locator(".thumb").first().click();
  await page.page.getByRole("button", { name: "Begin with it" }).click();
  await page.page.locator("#start-paint").waitFor();
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 1);

  await page.page.locator("#start-paint").scrollIntoViewIfNeeded();
  const box = await page.page.locator("#start-paint").boundingBox();
  await page.page.mouse.move(box.x + box.width * 0.2, box.y + box.height * 0.5);
  await page.page.mouse.down();
  await page.page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5, { steps: 4 });
  await page.page.mouse.up();
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 2);
  assert.equal(await page.page.textContent("#strength-value"), "1.00");
  await page.shoot("begin");

  const sent = page.page.waitForRequest((request) => request.method() === "POST" && request.url().endsWith("/v1/jobs"));
  await page.page.check("#mask-close");
  await page.fill({ prompt: "a red mug" });
  await page.page.click("#generate");
  const job = (await sent).postDataJSON();
  assert.equal(job.strength, 1);
  assert.equal(job.mask_padding, 32);
  assert.deepEqual([job.image, job.mask].map((each) => Buffer.from(each, "base64").subarray(1, 4).toString()), ["PNG", "PNG"]);
  await page.page.locator('.thumb[aria-label="Open: a red mug"]').first().waitFor({ timeout: 60_000 });

  await page.page.click("#mask-clear");
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 1);
  await page.page.setInputFiles("#mask-file", { name: "mask.png", mimeType: "image/png", buffer: Buffer.from(job.mask, "base64") });
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 2);
  await page.page.click("#mask-clear");
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 1);
  await page.page.click("#start-remove");
  await page.page.waitForFunction(() => document.querySelectorAll(".stair").length === 2);
  await page.page.setInputFiles("#start-file", { name: "no.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.page.locator(".notice.bad", { hasText: "no.png is no picture" }).waitFor();
  await page.end();
});

/** A PNG of one pixel without a word in it. */
const BLANK = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

async function drop(page, name, file) {
  const transfer = await page.page.evaluateHandle(
    ([title, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], title, { type: "image/png" }));
      return data;
    },
    [name, [...file]],
  );
  await page.page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
  await page.page.locator("#drop").waitFor();
  await page.page.dispatchEvent("body", "drop", { dataTransfer: transfer });
  await page.page.locator("#drop").waitFor({ state: "hidden" });
}

test("a job and all pictures survive the server's restart", async () => {
  const own = await OwnServer.start();
  try {
    const page = await (await Visit.begin(shared.browser, own.url)).ready();
    await page.fill({ prompt: PROMPT, steps: 2 });
    await page.page.click("#generate");
    await page.state("done");
    const before = await page.json("/v1/images");
    assert.equal(before.data.length, 1);
    await page.fill({ steps: 60 });
    await page.page.click("#generate");
    await page.state("working");
    await own.stop();
    await page.page.locator("#offline").waitFor();
    await page.shoot("offline");
    await own.start();
    await page.page.locator("#offline").waitFor({ state: "hidden" });
    await page.state("done");
    const now = await page.json("/v1/images");
    assert.deepEqual(now.data.slice(1), before.data);
    assert.equal(await page.page.getAttribute(".result img", "src"), now.data[0].url);
    await page.end();
  } finally {
    await own.remove();
  }
});

test("a server with a key asks for it", async () => {
  const key = "a-key-that-is-long-enough";
  const locked = await OwnServer.start("--lazy", "--api-key", key);
  try {
    const page = await Visit.begin(shared.browser, locked.url);
    await page.page.locator("#ask[open]").waitFor();
    await page.shoot("key");
    await page.page.locator("#ask input").fill(key);
    await page.page.keyboard.press("Enter");
    await page.page.waitForFunction(() => document.querySelector("#model").value !== "");
    await page.fill({ prompt: PROMPT, steps: 2 });
    await page.page.click("#generate");
    await page.state("done");
    await page.end();
  } finally {
    await locked.remove();
  }
});
