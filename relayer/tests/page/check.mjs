// Opens the status page in Chromium and checks what a person would see, at three sizes, light and dark. Called by
// serve/tests/page.rs with the addresses of three ferries: one where all is well, one where nearly everything is wrong, one
// that has just begun.
//
// PLAYWRIGHT  the folder whose node_modules has playwright-core
// CHROMIUM    the browser (default: /usr/bin/chromium)
// SHOTS       a folder for screenshots, if they are wanted

import { createRequire } from "node:module";
import assert from "node:assert/strict";

const { chromium } = createRequire(`${process.env.PLAYWRIGHT ?? process.cwd()}/`)("playwright-core");
const [well, troubled, begun] = process.argv.slice(2);
const SIZES = [[380, 800], [820, 1100], [1600, 1000]];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

/** A zone in which it is past three in the night: an hour of one digit is drawn with two. */
const ahead = (39 - new Date().getUTCHours()) % 24 - 12;
const timezoneId = `Etc/GMT${ahead < 0 ? "+" : "-"}${Math.abs(ahead)}`;

/** A page of this size and scheme that has drawn once, with what went wrong on it. */
async function open(at, width = 1280, height = 900, colorScheme = "light") {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, timezoneId });
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => request.url().startsWith(at) || faults.push(`asked ${request.url()}`));
  await page.goto(at);
  await page.locator("#chains .card").first().waitFor();
  const text = (selector) => page.locator(selector).innerText();
  return { page, faults, text };
}

/** The elements that stick out of the page at its right. */
const overflowing = (page) => page.evaluate(() => {
  const width = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll("body *")].filter((node) => node.getBoundingClientRect().right > width + 1);
  return { scrolls: document.documentElement.scrollWidth > width, out: out.map((node) => `${node.tagName}.${node.className}`) };
});

/** The least contrast of these texts with what is behind them, as WCAG 2 counts it. */
const contrast = (page, selector) => page.locator(selector).evaluateAll((nodes) => {
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return color.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const ground = (node) => {
    if (!node) return [255, 255, 255];
    const color = parse(getComputedStyle(node).backgroundColor);
    return color[3] === 1 ? color : over(color, ground(node.parentElement));
  };
  const light = (color) => color.slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  return Math.min(...nodes.filter((node) => node.checkVisibility()).map((node) => {
    const behind = ground(node);
    const [a, b] = [light(over(parse(getComputedStyle(node).color), behind)), light(behind)];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  }));
});

/** Keeps what a page looks like, if somebody wants to see it. */
async function shoot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}

/** The rows of a table, each as the texts of its cells. */
const rows = (page, body) => page.locator(`${body} tr`).evaluateAll((rows) =>
  rows.map((row) => [...row.cells].map((cell) => cell.innerText.replaceAll(/\s+/g, " ").trim())));

/** What every size and scheme must keep, whatever is wrong. */
async function fits({ page, faults }, name) {
  assert.deepEqual(await overflowing(page), { scrolls: false, out: [] }, name);
  const texts = ["dt", "dd", ".label", ".legend", "td", "h2", ".state", ".quiet", ".badge", ".note", ".note code",
    ".trouble strong", ".trouble p", ".trouble code", ".tag", ".choice span", "footer a"];
  for (const selector of texts) {
    assert.ok(await contrast(page, selector) >= 4.5, `${name}: ${selector} can hardly be read`);
  }
  assert.deepEqual(faults, [], name);
}

async function allIsWell() {
  // First, while the newest block is young: nothing makes blocks here.
  const { page, faults, text } = await open(well);
  assert.equal(await text("#state-text"), "relaying, all is well");
  assert.equal(await page.title(), "ferry");
  assert.ok(await page.locator("#troubles").isHidden(), "nothing is wrong");
  assert.equal(await text("#pending"), "3");
  assert.equal(await page.locator("#chains .card").count(), 2);
  assert.match(await text("#paths"), /a-b[\s\S]*07-tendermint-1[\s\S]*Client expires in\s+1[01] d/);
  assert.match(await text("#chains"), /Key wasm19rl4cm2…kuugk7\s+12\.5 M stake/);
  assert.equal(await page.locator("#chains [title='wasm19rl4cm2hmr8afy4kldpxz3fka4jguq0akuugk7']").count(), 1, "addresses can be read whole");
  const packets = await rows(page, "#packets");
  assert.equal(packets.length, 3);
  assert.match(packets[0].join("|"), /^a-1 transfer\/channel-0 3\|b-1\|(\d+ s|\d+ min( \d+ s)?)\|sent\|/);
  assert.match(await text("#channels"), /channel-0[\s\S]*channel-7[\s\S]*open/);
  assert.match((await rows(page, "#traffic"))[0].join("|"), /^a-1 transfer\/channel-0\|[\d,]{5,}\|[\d,]{5,}\|[\d,]{5,}\|0\|0$/);

  await costs(page, text);
  await plots(page, text);
  await keepsWhatIsMarked(page, text);

  const before = await text("#looked");
  assert.match(before, /host:7 relays since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ · \d{4}-/);
  await page.waitForFunction((before) => document.querySelector("#looked").innerText !== before, before, { timeout: 10000 });
  await page.route("**/api/status", (route) => route.abort());
  await page.locator("#state.bad").waitFor({ timeout: 10000 });
  assert.equal(await text("#state-text"), "ferry does not answer");
  await page.unroute("**/api/status");
  await page.locator("#state.good").waitFor({ timeout: 10000 });
  // The request that was refused above is the only fault.
  assert.ok(faults.every((fault) => fault.includes("ERR_FAILED")), faults.join("\n"));
  await page.close();
}

/** What was paid, to the unit, in each period; chosen with the keyboard. */
async function costs(page, text) {
  const of = (days, clientFees) => [
    ["a-1 transfer/channel-0 a-b", `${38 * days}`, `${20 * days}`, `${2 * days} (5.0 %)`, "0",
      /M$|,000$/, `${number(3600 * days)} stake on a-1 ${number(5000 * days)} stake on b-1`],
    ["clients a-b", `${2 * days}`, "0", "0", "0", /000$|M$/, `${number(clientFees)} stake on a-1 ${number(clientFees)} stake on b-1`],
  ];
  const number = (n) => n.toLocaleString("en-US");
  const check = async (days) => {
    const found = await rows(page, "#costs");
    for (const [i, wanted] of of(days, 900 * days).entries()) wanted.forEach((cell, j) =>
      cell instanceof RegExp ? assert.match(found[i][j], cell) : assert.equal(found[i][j], cell.length > 3 && /^\d+$/.test(cell) ? number(Number(cell)) : cell, `${days} days`));
    const [sum] = await rows(page, "#costs-sum");
    assert.equal(sum.at(-1), `${number(4500 * days)} stake on a-1 ${number(5900 * days)} stake on b-1`);
  };
  const since = async () => (await text("#costs-since")).match(/since (\S+) 0:00 UTC$/)[1];
  await check(7);
  const week = await since();
  await page.locator("input[name=days][value='7']").focus();
  await page.keyboard.press("ArrowRight");
  await check(30);
  assert.equal((Date.parse(week) - Date.parse(await since())) / 86400000, 23);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await check(1);
  assert.equal((Date.parse(await since()) - Date.parse(week)) / 86400000, 6);
  assert.equal(await page.getByRole("radio", { name: "today" }).isChecked(), true);
  assert.equal(await page.getByRole("table", { name: /^Costs/ }).getByRole("row").count(), 4, "read as a table: head, two lines, sum");
}

/** Curves, their sum in words, and the values of a time: for the pointer, and for who has none. */
async function plots(page, text) {
  for (const plot of ["#throughput", "#latencies"]) {
    const lines = await page.locator(`${plot} path.line`).evaluateAll((paths) => paths.map((path) => path.getAttribute("d").length));
    assert.ok(lines.some((length) => length > 1000), `${plot} has a curve`);
  }
  assert.ok(await page.getByRole("img", { name: /^Throughput of the last hour\. sent: \d+ now, at most 18\d; received:/ }).isVisible());
  assert.ok(await page.getByRole("img", { name: /^Latency of the last hour\. 95 of 100: \d+(\.\d)? s now/ }).isVisible());
  await page.locator("#throughput").hover();
  assert.match(await text("#throughput .tip"), /received \d+/);
  await page.mouse.move(0, 0);
  await page.locator("#throughput").focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  const tip = await text("#throughput .tip");
  assert.match(tip, /^\d\d:\d\d:\d\d · sent \d+ · received \d+ · completed \d+$/);
  const looked = await text("#looked");
  await page.waitForFunction((looked) => document.querySelector("#looked").innerText !== looked, looked, { timeout: 10000 });
  assert.equal(await text("#throughput .tip"), tip, "it stays while the plot is drawn anew");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#throughput .tip").count(), 0);
}

/** What somebody marks is not taken away from under the mouse. */
async function keepsWhatIsMarked(page, text) {
  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("#packets td")));
  const looked = await text("#looked");
  await page.waitForFunction((looked) => document.querySelector("#looked").innerText !== looked, looked, { timeout: 10000 });
  assert.match(await page.evaluate(() => getSelection().toString()), /transfer\/channel-0 3/);
  await page.evaluate(() => getSelection().removeAllRanges());
}

const TROUBLES = [
  ["fault", /^Client 07-tendermint-2 of b-1: it has expired$/, /Nothing goes from a-1 to b-1 over a-b\. ferry client status says how to revive it/],
  ["fault", /^Client 07-tendermint-6 of c-1: it is frozen: it has seen misbehaviour$/, /from b-1 to c-1 over b-c/],
  ["fault", /^c-1: no block for 2[12] min/, /halted, or its nodes do not answer/],
  ["fault", /^c-1: cosmos1v0k2q…w8sj2f has only 0 stake$/, /Send coins to cosmos1v0k2q6u3xwz5tkq0c9n5a9qyl4yhx6l7w8sj2f\./],
  ["fault", /^c-1: cosmos1v0k2q…w8sj2f signs nothing$/, /Its account is not known/],
  ["fault", /^2 of the packets from transfer\/channel-0 of a-1 cannot be moved: 11, 12$/, /No endpoint has block 4711 any more\. Add a node that keeps all blocks to archive_rpc/],
  ["fault", /^1 packet of a-b is given up$/, /40 tries, until the next check or ferry clear: out of gas in location: wasm contract[\s\S]*ferry clear a-b tries again/],
  ["warning", /^Client 07-tendermint-1 of a-1 expires in (2 d|1 d 23 h)$/, /ferry doctor finds it/],
  ["warning", /^b-1: osmo1kqsg5hv…vx3l5a has only 84,000 stake$/, /less than low_balance/],
  ["warning", /^Path a-c is paused, and 2 packets wait$/, /Take it out of paused in ferry\.toml, then ferry reload/],
];

async function muchIsWrong([width, height], scheme) {
  const name = `troubled-${width}-${scheme}`;
  const opened = await open(troubled, width, height, scheme);
  const { page, text } = opened;
  assert.equal(await text("#state-text"), "7 faults, 3 warnings", name);
  assert.match(await page.locator("#state").getAttribute("class"), /bad/);
  assert.equal(await page.title(), "(10) ferry");
  const found = await page.getByRole("list").and(page.locator("#troubles-list")).getByRole("listitem").evaluateAll((items) =>
    items.map((item) => [".tag", "strong", "p"].map((part) => item.querySelector(part).innerText)));
  assert.equal(found.length, TROUBLES.length, JSON.stringify(found, null, 1));
  TROUBLES.forEach(([tag, what, why], i) => {
    assert.equal(found[i][0], tag, `${name}: ${found[i]}`);
    assert.match(found[i][1], what, name);
    assert.match(found[i][2], why, name);
  });
  const first = await page.locator(".trouble").first().boundingBox();
  assert.ok(first.y + first.height < height / 2, `${name}: what is worst is seen at once`);

  const card = (path) => page.locator("#paths article", { has: page.locator("h3", { hasText: path }) });
  assert.match(await card("a-b").innerText(), /1 given up[\s\S]*1 channel, 4 pending/);
  assert.match(await card("a-b").innerText(), /Client expires in\s+(2 d|1 d 23 h)/);
  assert.equal(await card("a-b").locator(".bar i.warn").count(), 1);
  assert.match(await card("a-b").locator(".note.bad").innerText(), /it has expired/);
  assert.match(await card("a-c").innerText(), /paused\s+1 channel, 2 pending/);
  assert.match(await card("b-c").locator(".note.bad").innerText(), /it is frozen/);
  assert.match(await text("#chains"), /Granter osmo1kqsg5hv…vx3l5a\s+low: 84,000 stake/);
  const packets = await rows(page, "#packets");
  const givenUp = packets.find((row) => row[0] === "a-1 transfer/channel-0 4");
  assert.deepEqual([givenUp[3], /is given up after 40 tries, until the next check or ferry clear ?: out of gas/.test(givenUp[4])], ["given up", true]);
  const paused = packets.filter((row) => /its path is paused/.test(row[4]));
  assert.deepEqual(paused.map((row) => row[0]).sort(), ["c-1 transfer/channel-0 5", "c-1 transfer/channel-0 6"]);
  assert.match((await rows(page, "#costs"))[0].at(-1), /^25,200 stake on a-1 35,000 stake on b-1$/);
  await fits(opened, name);
  await shoot(page, name);
  await page.close();
}

/** A ferry that has just begun says so, and draws no faults that are none. */
async function nothingYet() {
  const opened = await open(begun, 820, 1100, "dark");
  const { page, text } = opened;
  assert.equal(await text("#state-text"), "no path to serve yet");
  for (const [selector, said] of [
    ["#chains", "no chain is read: no path needs one"],
    ["#paths", "no path yet; make one with ferry link"], ["#packets", "no packet is pending"], ["#channels", "no channel yet"],
    ["#traffic", "no packet was seen since the start"], ["#costs", "nothing was paid in these 7 days"], ["#pending-note", "everything is delivered"],
    ["#latency-note", "nothing received in the last hour"],
  ]) assert.equal(await text(selector), said);
  assert.match(await text("#costs-since"), /what is from before this start is being read$/);
  assert.equal(await page.locator("svg text.none").count(), 2, "plots without a line say why");
  assert.ok(await page.locator("#costs-sum").isHidden());
  await fits(opened, "new");
  await shoot(page, "new");
  await page.close();
}

try {
  await allIsWell();
  for (const size of SIZES) {
    for (const scheme of ["light", "dark"]) {
      const opened = await open(well, ...size, scheme);
      await fits(opened, `well-${size[0]}-${scheme}`);
      await shoot(opened.page, `well-${size[0]}-${scheme}`);
      await opened.page.close();
      await muchIsWrong(size, scheme);
    }
  }
  await nothingYet();
} finally {
  await browser.close();
}
