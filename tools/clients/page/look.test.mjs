/** How the page looks and is used: dark, on a phone, with keys alone, by a screen reader. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PROMPT, setUp } from "./browser.mjs";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const { visit } = setUp(async (shared) => {
  const page = await shared.visit();
  await page.fill({ prompt: PROMPT, seed: 3 });
  await page.page.click("#generate");
  await page.state("done");
  await page.end();
});

/** With a finished picture, and one that is looked at. */
async function everywhere(page, name) {
  await page.accessible(`${name}, at rest`);
  await page.fill({ prompt: PROMPT, seed: 3, steps: 60 }); // long enough to be looked at
  await page.page.click("#generate");
  await page.page.locator("#progress-text", { hasText: "Stage 2 of 2" }).waitFor({ timeout: 60_000 });
  await page.shoot(`${name}-working`);
  await page.accessible(`${name}, at work`);
  await page.state("done");
  await page.loadPictures();
  await page.accessible(`${name}, done`);
  await page.shoot(`${name}-page`, { fullPage: true });
  await page.page.locator(".thumb").first().click();
  await page.page.locator("#viewer dl").waitFor();
  await page.accessible(`${name}, a picture`);
  await page.shoot(`${name}-viewer`);
  await page.page.keyboard.press("Escape");
}

const ground = (page) => page.page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));

test("light", async () => {
  const page = await visit({ colorScheme: "light" });
  assert.ok((await ground(page)).every((value) => value > 200));
  await everywhere(page, "light");
  await page.end();
});

test("dark, by the system and by choice", async () => {
  const page = await visit({ colorScheme: "dark" });
  assert.ok((await ground(page)).every((value) => value < 50));
  await everywhere(page, "dark");
  await page.end();
  const chosen = await visit({ colorScheme: "light" });
  await chosen.page.click("#theme");
  await chosen.page.click("#theme");
  assert.ok((await ground(chosen)).every((value) => value < 50));
  await chosen.page.reload();
  assert.ok((await ground(chosen)).every((value) => value < 50), "the choice stays");
  await chosen.end();
});

test("a phone", async () => {
  const page = await visit({ ...PHONE, colorScheme: "light" });
  await everywhere(page, "phone");
  const { wide, small } = await page.page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - innerWidth,
    small: [...document.querySelectorAll("button, select, input:not([type=checkbox], [type=file]), textarea, summary")]
      .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 24)
      .map((each) => each.id || each.textContent),
  }));
  assert.equal(wide, 0, "nothing is cut off at the side");
  assert.deepEqual(small, [], "everything is large enough for a finger");
  await page.end();
});

test("keys alone, with the focus in sight", async () => {
  const page = await visit();
  const focused = () => page.page.evaluate(() => {
    const element = document.activeElement;
    return { id: element.id, outline: getComputedStyle(element).outlineStyle };
  });
  await page.page.keyboard.press("Tab");
  await page.page.keyboard.press("Enter"); // skips to the prompt
  assert.equal((await focused()).id, "prompt");
  await page.page.keyboard.type("a red apple");
  const met = [];
  for (let i = 0; i < 20; i++) {
    await page.page.keyboard.press("Tab");
    const each = await focused();
    assert.notEqual(each.outline, "none", `the focus is seen on ${each.id}`);
    met.push(each.id);
  }
  for (const id of ["generate", "compare", "negative", "width", "height", "steps", "images", "seed", "model", "scaled", "min-size", "start-sigma"]) {
    assert.ok(met.includes(id), `${id} is reached`);
  }
  await page.page.locator(".thumb").first().focus();
  await page.page.keyboard.press("Enter");
  await page.page.locator("#viewer[open]").waitFor();
  await page.page.keyboard.press("Escape");
  assert.ok(await page.page.evaluate(() => document.activeElement.classList.contains("thumb")), "the focus is back");
  await page.end();
});

test("what a screen reader is told", async () => {
  const page = await visit();
  const tree = await page.page.locator("body").ariaSnapshot();
  for (const wanted of ['textbox "Prompt"', 'textbox "Negative prompt"', 'spinbutton "Width"', 'spinbutton "Steps"', 'textbox "Seed"',
    'combobox "Model"', 'switch "Scaled: begin small, then double"', 'slider "Noise put back after doubling"', 'heading "Pictures"']) {
    assert.ok(tree.includes(wanted), `${wanted} in\n${tree}`);
  }
  await page.fill({ prompt: PROMPT, seed: 3 });
  await page.page.evaluate(() => {
    globalThis.said = [];
    const announcer = document.querySelector("#announcer");
    new MutationObserver(() => globalThis.said.push(announcer.textContent)).observe(announcer, { childList: true });
  });
  await page.page.click("#generate");
  await page.page.waitForFunction(() => /Stage 1 of 2.*left/.test(document.querySelector("[role=progressbar]").ariaValueText));
  await page.state("done");
  const said = await page.page.evaluate(() => globalThis.said);
  assert.equal(said.length, 3, said.join(" | "));
  assert.match(said[1], /256 × 256/);
  assert.match(said[2], /is done/);
  await page.end();
});

test("who wants less motion gets none", async () => {
  const moving = (page) => page.page.evaluate(() => getComputedStyle(document.querySelector("#generate")).transitionProperty);
  const still = await visit({ reducedMotion: "reduce" });
  assert.equal(await moving(still), "none");
  await still.end();
  const lively = await visit({ reducedMotion: "no-preference" });
  assert.notEqual(await moving(lively), "none");
  await lively.end();
});
