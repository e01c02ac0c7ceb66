// Draws what /api/status says, every two seconds. Everything is set as text, never as markup.
"use strict";

const EVERY = 2000;
const $ = (id) => document.getElementById(id);

/** An element with a class and content: texts and elements. */
function el(tag, cls, ...content) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  node.append(...content.filter((part) => part !== null && part !== undefined && part !== ""));
  return node;
}

const number = (n) => Number(n).toLocaleString("en-US");
const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;

/** Seconds in words, in the two largest units. */
function duration(seconds) {
  if (seconds === null || seconds === undefined) return "unknown";
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const [name, size] = units[first];
  const rest = units[first + 1];
  const more = rest ? Math.floor((seconds % size) / rest[1]) : 0;
  return `${Math.floor(seconds / size)} ${name}` + (more ? ` ${more} ${rest[0]}` : "");
}

function millis(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60000 ? `${Number((ms / 1000).toFixed(1))} s` : duration(Math.round(ms / 1000));
}

/** A large amount without its last digits: 1234567 -> 1.23 M. */
function amount(text) {
  const n = Number(text);
  for (const [size, name] of [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"]]) {
    if (n >= size) return `${number((n / size).toFixed(2))} ${name}`;
  }
  return number(n);
}

/** A moment with its zone. */
const moment = (ms) => new Date(ms).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "long" });

const short = (address) => address.length > 24 ? `${address.slice(0, 12)}…${address.slice(-6)}` : address;

/** Something shortened, which says all of it to who points at it. */
function whole(text, full) {
  const node = el("span", "", text);
  node.title = full;
  return node;
}

const account = (address) => whole(short(address), address);
/** A denom of another chain has a hash for a name. */
const denomOf = (denom) => denom.length > 20 ? `${denom.slice(0, 10)}…${denom.slice(-4)}` : denom;
const coin = (text, denom) => whole(`${amount(text)} ${denomOf(denom)}`, `${text} ${denom}`);

/** What a program says, as a sentence. */
const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.?!]$/.test(text) ? "" : ".");

/** Text with `commands` in it. */
const prose = (text) => text.split("`").map((part, i) => (i % 2 ? el("code", "", part) : part));

function list(...rows) {
  const node = el("dl");
  for (const [name, value, cls] of rows) {
    if (value === null || value === undefined) continue;
    const dd = el("dd", cls || "");
    dd.append(value);
    node.append(el("dt", "", name), dd);
  }
  return node;
}

function rows(id, items, none, draw) {
  const body = $(id);
  const columns = body.closest("table").querySelectorAll("th[scope=col]");
  if (!items.length) {
    const cell = el("td", "empty", none);
    cell.colSpan = columns.length;
    body.replaceChildren(el("tr", "", cell));
    return;
  }
  body.replaceChildren(...items.map((item) => {
    const cells = draw(item).map(([content, cls], index) => {
      const cell = el("td", `${cls || ""} ${columns[index].className}`.trim(), ...[content].flat());
      cell.setAttribute("role", "cell");
      if (index > 0) cell.dataset.label = columns[index].textContent;
      return cell;
    });
    const row = el("tr", "", ...cells);
    row.setAttribute("role", "row");
    return row;
  }));
}

/** What is wrong, the worst first: how bad it is, what, why, and what to do. */
function troubles(look) {
  const found = [];
  const put = (level, what, why, cure) => found.push({ level, what, why, cure });
  const given = (path) => look.given_up.find((packet) => packet.path === path.path);
  for (const client of look.clients) troubleOfClient(client, put);
  for (const chain of look.chains) troublesOfChain(look, chain, put);
  for (const gap of look.gaps.filter((gap) => gap.lost)) {
    const more = gap.lost > gap.sequences.length ? ", …" : "";
    put("bad", `${number(gap.lost)} of the ${gap.what} cannot be moved: ${gap.sequences.join(", ")}${more}`,
      gap.reason ?? "no endpoint has the block that sent it", `Add a node that keeps all blocks to \`archive_rpc\` of its chain, restart, then \`ferry clear ${gap.path}\`.`);
  }
  for (const path of look.paths) {
    if (path.given_up) put("bad", `${plural(path.given_up, "packet")} of ${path.path} ${path.given_up === 1 ? "is" : "are"} given up`,
      given(path)?.why, `When the reason is gone, \`ferry clear ${path.path}\` tries again.`);
    for (const end of path.ends.filter((end) => end.refused)) put("bad", `What goes to ${end.chain} over ${path.path} is refused`, end.refused, "`ferry doctor` looks at the nodes, the accounts and the price of gas.");
    if (path.paused) put("warn", `Path ${path.path} is paused, and ${plural(path.pending, "packet")} ${path.pending === 1 ? "waits" : "wait"}`,
      "Its clients are not updated either, and expire in time.", "Take it out of `paused` in ferry.toml, then `ferry reload`.");
  }
  return found.sort((a, b) => (a.level === b.level ? 0 : a.level === "bad" ? -1 : 1));
}

function troubleOfClient(client, put) {
  const name = `Client ${client.client} of ${client.chain}`;
  if (client.complaint) {
    const [why, ...cure] = client.complaint.split("; ");
    put("bad", `${name}: ${why}`, `Nothing goes from ${client.follows} to ${client.chain} over ${client.path}.`, cure.join("; "));
    return;
  }
  const level = lifeLevel(client);
  if (level) put(level, `${name} expires in ${duration(client.seconds_left)}`, "It is updated at two thirds of its trusting period; something keeps ferry from that.", "`ferry doctor` finds it.");
}

function troublesOfChain(look, chain, put) {
  if (stale(chain)) put("bad", `${chain.chain}: no block for ${duration(chain.block_age_seconds)}`,
    "The chain has halted, or its nodes do not answer.", "See `ferry doctor`, then add an endpoint to its `rpc`.");
  for (const wallet of walletsOf(look, chain).filter((wallet) => wallet.low)) {
    const isEmpty = Number(wallet.balance) === 0;
    put(isEmpty ? "bad" : "warn", `${chain.chain}: ${short(wallet.address)} has only ${amount(wallet.balance)} ${denomOf(wallet.denom)}`,
      "It pays fees, and that is less than `low_balance`.", `Send coins to ${wallet.address}.`);
  }
  // A ferry that has just begun does not know the price yet.
  if (chain.waits && look.uptime_seconds > 30) {
    const [why, ...cure] = chain.waits.split("; ");
    put("bad", `Nothing is sent to ${chain.chain}`, why, cure.join("; "));
  }
  const paused = pausedKeys(look, chain);
  const level = paused.length === chain.keys.length ? "bad" : "warn";
  for (const key of paused) put(level, `${chain.chain}: ${short(key.address)} signs nothing`, key.paused, level === "warn" ? "Other keys sign for its clients meanwhile." : "");
}

/** How near its end a client is that works. */
function lifeLevel(client) {
  if (!client || client.complaint || client.seconds_left === null) return "";
  const part = client.seconds_left / client.trusting_period_seconds;
  return part < .1 ? "bad" : part < .25 ? "warn" : "";
}

const stale = (chain) => chain.block_age_seconds * 1000 > 10 * Math.max(chain.interval_ms, 3000);
const MOST_TROUBLES = 12;

/** Sets a text that is read aloud when it changes, and only then. */
function say(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

function drawState(look) {
  const found = troubles(look);
  const bad = found.filter((one) => one.level === "bad").length;
  const gaps = look.gaps.filter((gap) => !gap.lost).length;
  const counts = [bad && `${plural(bad, "fault")}`, found.length > bad && plural(found.length - bad, "warning")];
  $("state").className = `state ${found.length ? found[0].level : "good"}`;
  const fine = !look.paths.length ? "no path to serve yet" : gaps ? `relaying, ${plural(gaps, "scan")} under way` : "relaying, all is well";
  say("state-text", found.length ? counts.filter(Boolean).join(", ") : fine);
  document.title = found.length ? `(${found.length}) ferry` : "ferry";
  $("troubles").hidden = !found.length;
  const shown = found.slice(0, MOST_TROUBLES).map(({ level, what, why, cure }) => el("li", `trouble ${level}`,
    el("span", "tag", level === "bad" ? "fault" : "warning"),
    el("div", "", el("strong", "", what), el("p", "", ...prose([why, cure].filter(Boolean).map(sentence).join(" "))))));
  const more = found.length - shown.length;
  if (more > 0) shown.push(el("li", "quiet", `and ${more} more`));
  $("troubles-list").replaceChildren(...shown);
  $("version").textContent = look.version;
  const lease = look.lease ? ` · ${look.lease.holder} relays since ${moment(look.lease.since_ms)}` : "";
  $("looked").textContent = `up ${duration(look.uptime_seconds)}${lease} · ${moment(look.time_ms)}`;
}

function drawFigures(look) {
  const { history } = look;
  const recent = history.received.slice(-7, -1);
  const received = recent.reduce((sum, n) => sum + n, 0);
  const oldest = look.packets.find((packet) => packet.age_seconds !== null);
  $("pending").textContent = number(look.packets_total);
  $("pending-note").textContent = oldest ? `the oldest for ${duration(oldest.age_seconds)}` : look.packets_total ? "" : "everything is delivered";
  $("rate").textContent = number(received);
  $("rate-note").textContent = recent.length ? `${number((received / (recent.length * history.step_seconds)).toFixed(1))} a second` : "";
  const seen = history.median_ms.findLastIndex((ms) => ms !== null);
  $("latency").textContent = seen < 0 ? "–" : millis(history.median_ms[seen]);
  $("latency-note").textContent = seen < 0 ? "nothing received in the last hour" : `median; 95 of 100 within ${millis(history.p95_ms[seen])}`;
  $("transactions").textContent = number(look.transactions_total);
  const messages = look.transactions.reduce((sum, tx) => sum + tx.messages, 0);
  $("transactions-note").textContent = messages ? `with ${plural(messages, "message")}` : "everything is decided";
}

const walletsOf = (look, chain) => look.wallets.filter((wallet) => wallet.chain === chain.chain);

// A ferry that has just begun does not know its accounts yet.
const pausedKeys = (look, chain) => (look.uptime_seconds > 30 ? chain.keys.filter((key) => key.paused) : []);

function drawChains(look) {
  $("chains").replaceChildren(...look.chains.map((chain) => {
    const wallets = walletsOf(look, chain);
    const paused = pausedKeys(look, chain);
    const level = stale(chain) ? "bad" : paused.length || wallets.some((wallet) => wallet.low) ? "warn" : "good";
    const done = chain.transactions_succeeded + chain.transactions_failed;
    return el("article", "card",
      el("div", "head", el("h3", "", el("span", `dot ${level}`), chain.chain), el("span", "badge", `block ${number(chain.height)}`)),
      list(
        ["Newest block", `${duration(chain.block_age_seconds)} ago`, stale(chain) ? "text-bad" : ""],
        ["Between blocks", millis(chain.interval_ms)],
        ...(wallets.length ? wallets : chain.keys).map((one) => [
          el("span", "", one.granter ? "Granter " : "Key ", account(one.address)),
          one.balance ? el("span", "", one.low ? "low: " : "", coin(one.balance, one.denom)) : "not known yet",
          one.low ? "text-warn" : "",
        ]),
        ["Gas price", el("span", "", whole(chain.gas_price.replace(chain.denom, denomOf(chain.denom)), chain.gas_price),
          chain.gas_price_height ? ` since block ${number(chain.gas_price_height)}` : "")],
        ["Transactions", chain.transactions_failed ? `${number(done)}, ${number(chain.transactions_failed)} failed` : number(done)],
        ["Gas used of allowed", chain.gas_wanted ? `${(100 * chain.gas_used / chain.gas_wanted).toFixed(1)} %` : null],
        ["Fees since the start", coin(chain.fees, chain.denom)],
      ),
      ...paused.map((key) => el("p", "note", account(key.address), `: ${key.paused}`)));
  }));
  if (!look.chains.length) $("chains").replaceChildren(el("p", "card empty", "no chain is read: no path needs one"));
}

function drawEnd(look, path, end) {
  const client = look.clients.find((c) => c.path === path.path && c.chain === end.chain);
  const part = client && client.seconds_left !== null ? client.seconds_left / client.trusting_period_seconds : null;
  const level = lifeLevel(client);
  const bar = el("i", level);
  if (part !== null) bar.style.width = `${Math.max(2, Math.min(100, part * 100))}%`;
  const gauge = el("div", "bar", bar);
  gauge.setAttribute("aria-hidden", "true");
  const note = client?.complaint ? el("p", "note bad", ...prose(client.complaint))
    : end.waits && !path.paused ? el("p", "note", ...prose(end.waits)) : null;
  return el("div", "end",
    list([el("b", "", end.chain), end.state, end.state === "open" ? "text-good" : ""],
      ["Connection", path.ibc === "V2" ? "none, IBC v2" : end.connection || "none", "mono"],
      ["Client", end.client || "none", "mono"],
      ["Client expires in", client?.complaint || part === null ? null : duration(client.seconds_left), level ? `text-${level}` : ""]),
    part === null || client.complaint ? null : gauge, note);
}

function drawPaths(look) {
  $("paths").replaceChildren(...look.paths.map((path) => el("article", "card",
    el("div", "head", el("h3", "", path.path), el("span", "badges",
      path.paused ? el("span", "badge warn", "paused") : null,
      path.given_up ? el("span", "badge bad", `${number(path.given_up)} given up`) : null,
      el("span", "badge", `${plural(path.channels, "channel")}, ${number(path.pending)} pending`))),
    el("div", "ends", ...path.ends.map((end) => drawEnd(look, path, end))))));
  if (!look.paths.length) $("paths").replaceChildren(el("p", "card empty", ...prose("no path yet; make one with `ferry link`")));
}

function drawTables(look) {
  const shown = (n, total) => (total > n ? `${number(n)} of ${number(total)}` : number(total));
  $("packets-count").textContent = shown(look.packets.length, look.packets_total);
  rows("packets", look.packets, "no packet is pending", (p) => [
    [`${p.from} ${p.port ? `${p.port}/` : ""}${p.channel} ${p.sequence}`], [p.to], [duration(p.age_seconds)],
    [p.given_up ? el("span", "badge bad", "given up") : p.stage], [prose(p.why)]]);
  $("channels-count").textContent = shown(look.channels.length, look.channels_total);
  const end = (e) => `${e.chain} ${e.port}/${e.channel || "none"}`;
  rows("channels", look.channels, "no channel yet", (c) => [
    [end(c.ends[0])], [end(c.ends[1])],
    [(c.ends[0].state === c.ends[1].state ? c.ends[0].state : `${c.ends[0].state}, ${c.ends[1].state}`) + (c.ordered ? ", ordered" : "")],
    [number(c.pending)], [c.oldest_age_seconds === null ? "–" : duration(c.oldest_age_seconds)]]);
  rows("traffic", look.costs, "no packet was seen since the start", (c) => [
    [c.chain ? `${c.chain} ${c.port ? `${c.port}/` : ""}${c.channel}` : "all others"], [number(c.sent)], [number(c.received)], [number(c.acknowledged)], [number(c.timed_out)],
    [number(c.our_receipts + c.our_acknowledgements + c.our_timeouts)]]);
  drawCosts(look);
}

/** What several lines cost, by chain and denom, to the unit. */
function sumOf(lines) {
  const fees = new Map();
  for (const { chain, denom, amount } of lines.flatMap((line) => line.fees)) {
    const key = `${chain} ${denom}`;
    fees.set(key, { chain, denom, amount: (fees.get(key)?.amount ?? 0n) + BigInt(amount) });
  }
  const sum = (name) => lines.reduce((sum, line) => sum + line[name], 0);
  return { effected: sum("effected"), ended: sum("ended"), redundant: sum("redundant"), failed: sum("failed"), gas: sum("gas"),
    fees: [...fees.values()].map((fee) => ({ ...fee, amount: fee.amount.toString() })) };
}

const paidOn = (list) => list.map((fee) => el("span", "fee", coin(fee.amount, fee.denom), el("span", "quiet", ` on ${fee.chain}`)));

function drawCosts(look) {
  const days = Number(document.querySelector("input[name=days]:checked").value);
  const period = look.paid.periods.find((period) => period.days === days);
  const since = new Date(period.first_day * 86400000).toISOString().slice(0, 10);
  $("costs-since").textContent = `since ${since} 0:00 UTC` + (look.paid.complete ? "" : "; what is from before this start is being read");
  const share = (line, n) => (n ? `${number(n)} (${(100 * n / (line.effected + line.redundant + line.failed)).toFixed(1)} %)` : "0");
  const cells = (line) => [
    [number(line.effected)], [number(line.ended)],
    [share(line, line.redundant), line.redundant ? "text-warn" : ""], [share(line, line.failed), line.failed ? "text-bad" : ""],
    [whole(amount(line.gas), number(line.gas))], [paidOn(line.fees), "fees"]];
  rows("costs", period.lines, days === 1 ? "nothing was paid today" : `nothing was paid in these ${days} days`, (line) => [
    [[line.what, el("span", "quiet under", line.path)]], ...cells(line)]);
  // A sum of what is listed only would not be the sum.
  const isWhole = period.lines.length > 1 && period.lines.length === period.lines_total;
  rows("costs-sum", isWhole ? [sumOf(period.lines)] : [], "", (sum) => [["All together"], ...cells(sum)]);
  $("costs-sum").hidden = !isWhole;
}

const PLOTS = [
  [new Plot($("throughput"), "Throughput", (n) => (n >= 10000 ? `${n / 1000}k` : number(n)), 10), (history) => [
    { name: "sent", label: "sent", values: history.sent },
    { name: "received", label: "received", values: history.received, area: true },
    { name: "completed", label: "completed", values: history.completed },
  ]],
  [new Plot($("latencies"), "Latency", millis, 2000), (history) => [
    { name: "p95", label: "95 of 100", values: history.p95_ms },
    { name: "median", label: "median", values: history.median_ms },
  ]],
];

function drawPlots({ history, time_ms }) {
  const step = history.step_seconds * 1000;
  const all = history.sent.map((_, i) => history.begin_ms + i * step);
  // The piece that has not ended yet would look like a fall.
  const isShown = (begin) => begin >= time_ms - HOUR && begin + step <= time_ms;
  for (const [plot, of] of PLOTS) {
    const shown = of(history).map((one) => ({ ...one, values: one.values.filter((_, i) => isShown(all[i])) }));
    plot.draw(time_ms, all.filter(isShown), shown);
  }
}

// Who has marked something wants to copy it, and is given a minute for that.
const HELD = 60000 / EVERY;
let newest = null, held = 0;
function draw(look) {
  newest = look;
  drawState(look);
  held = getSelection().isCollapsed ? 0 : held + 1;
  if (held === 0 || held > HELD) [drawFigures, drawChains, drawPaths, drawTables, drawPlots].forEach((part) => part(look));
}

async function look() {
  try {
    const answer = await fetch("/api/status", { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error((await answer.json()).error);
    draw(await answer.json());
  } catch (error) {
    $("state").className = "state bad";
    say("state-text", error instanceof TypeError ? "ferry does not answer" : error.message);
    document.title = "(!) ferry";
  }
  setTimeout(look, EVERY);
}

addEventListener("resize", () => newest && drawPlots(newest));
document.querySelector(".choice").addEventListener("change", () => newest && drawCosts(newest));
look();
