// Opens the status page in Chromium and checks what a person would see. Called by serve/tests.rs with its address, and that
// of a ferry whose clients have expired.
//
// PLAYWRIGHT  the folder whose node_modules has playwright-core
// CHROMIUM    the browser (default: /usr/bin/chromium)
// SHOTS       a folder for screenshots, if they are wanted

import { createRequire } from "node:module";
import assert from "node:assert/strict";

const { chromium } = createRequire(`${process.env.PLAYWRIGHT ?? process.cwd()}/`)("playwright-core");
const [url, troubled] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

/** A page of this size and scheme that has drawn once, with what went wrong on it. */
async function open(width, height, colorScheme, at = url) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme });
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => request.url().startsWith(at) || faults.push(`asked ${request.url()}`));
  await page.goto(at);
  await page.locator("#chains .card").first().waitFor();
  return { page, faults };
}

/** The elements that stick out of the page at its right. */
const overflowing = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > width + 1);
  return { scrolls: document.documentElement.scrollWidth > width, out: out.map((node) => `${node.tagName}.${node.className}`) };
});

/** The contrast of a text with the ground of its card, as WCAG 2 counts it. */
const contrast = (page, selector) => page.evaluate((selector) => {
  const parse = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);
  const light = (color) => parse(color).map((c) => c / 255)
    .map((c) => (c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const node = document.querySelector(selector);
  const card = node.closest(".card, .figure") ?? document.documentElement;
  const [a, b] = [light(getComputedStyle(node).color), light(getComputedStyle(card).backgroundColor)];
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
}, selector);

/** Keeps what a page looks like, if somebody wants to see it. */
async function shoot(page, name) {
  if (process.env.SHOTS) {
    await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
  }
}

try {
  // First, while the newest block is young: nothing makes blocks here.
  const { page, faults } = await open(1280, 900, "light");
  const text = (selector) => page.locator(selector).innerText();
  assert.equal(await text("#pending"), "3");
  assert.match(await text("#state-text"), /^relaying/);
  assert.equal(await page.locator("#chains .card").count(), 2);
  assert.match(await text("#paths"), /a-b[\s\S]*07-tendermint-1[\s\S]*Good for/);
  assert.match(await text("#chains"), /12\.50 M stake/);
  const rows = page.locator("#packets tr");
  assert.equal(await rows.count(), 3);
  assert.match(await rows.first().innerText(), /transfer\/channel-0 3\s+b-1\s+(\d+ s|\d+ min( \d+ s)?)\s+sent/);
  assert.match(await text("#channels"), /channel-0[\s\S]*channel-7[\s\S]*open/);
  for (const plot of ["#throughput", "#latencies"]) {
    const lines = await page.locator(`${plot} path.line`).evaluateAll((paths) => paths.map((path) => path.getAttribute("d").length));
    assert.ok(lines.some((length) => length > 1000), `${plot} has a curve`);
  }
  await page.locator("#throughput").hover();
  assert.match(await text("#throughput .tip"), /received \d+/);

  const before = await text("#looked");
  assert.match(before, /host:7 relays since \S*\d{4}/);
  await page.waitForFunction((before) => document.querySelector("#looked").innerText !== before, before, { timeout: 10000 });
  await page.route("**/api/status", (route) => route.abort());
  await page.locator("#state.bad").waitFor({ timeout: 10000 });
  assert.equal(await text("#state-text"), "ferry does not answer");
  await page.unroute("**/api/status");
  await page.locator("#state.good").waitFor({ timeout: 10000 });
  // The request that was refused above is the only fault.
  assert.ok(faults.every((fault) => fault.includes("ERR_FAILED")), faults.join("\n"));
  await page.close();

  for (const [width, height] of [[380, 800], [820, 1100], [1600, 1000]]) {
    for (const scheme of ["light", "dark"]) {
      const { page, faults } = await open(width, height, scheme);
      const name = `${width} ${scheme}`;
      assert.deepEqual(await overflowing(page), { scrolls: false, out: [] }, name);
      for (const selector of ["dt", "dd", ".label", ".legend", "td", "h2"]) {
        assert.ok(await contrast(page, selector) >= 4.5, `${name}: ${selector} can hardly be read`);
      }
      assert.deepEqual(faults, [], name);
      await shoot(page, `${width}-${scheme}`);
      await page.close();
    }
  }

  const dead = await open(1280, 900, "light", troubled);
  await dead.page.locator("#state.bad").waitFor();
  assert.match(await dead.page.locator("#state-text").innerText(), /client 07-tendermint-1 of a-1: it has expired/);
  assert.equal(await dead.page.locator("#paths .note.bad").count(), 2);
  assert.deepEqual(dead.faults, []);
  await shoot(dead.page, "expired");
  await dead.page.close();
} finally {
  await browser.close();
}
