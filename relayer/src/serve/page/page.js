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
  return ms < 60000 ? `${(ms / 1000).toFixed(1)} s` : duration(Math.round(ms / 1000));
}

/** A large amount without its last digits: 1234567 -> 1.23 M. */
function amount(text) {
  const n = Number(text);
  for (const [size, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"]]) {
    if (n >= size) return `${(n / size).toFixed(2)} ${name}`;
  }
  return number(n);
}

const short = (address) => address.length > 24 ? `${address.slice(0, 12)}…${address.slice(-6)}` : address;
const fees = (list) => list.map((fee) => `${amount(fee.amount)} ${fee.denom}`).join(", ") || "–";

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
  const columns = body.closest("table").querySelectorAll("th");
  if (!items.length) {
    const cell = el("td", "empty", none);
    cell.colSpan = columns.length;
    body.replaceChildren(el("tr", "", cell));
    return;
  }
  body.replaceChildren(...items.map((item) => {
    const cells = draw(item).map(([content, cls], index) => {
      const cell = el("td", `${cls || ""} ${columns[index].className}`.trim(), content);
      if (index > 0) cell.dataset.label = columns[index].textContent;
      return cell;
    });
    return el("tr", "", ...cells);
  }));
}

/** What is wrong, the worst first. */
function troubles(look) {
  const found = [];
  for (const client of look.clients) {
    if (client.complaint) found.push(["bad", `client ${client.client} of ${client.chain}: ${client.complaint}`]);
    else if (client.seconds_left !== null && client.seconds_left < client.trusting_period_seconds / 4)
      found.push(["warn", `client ${client.client} of ${client.chain} expires in ${duration(client.seconds_left)}`]);
  }
  for (const chain of look.chains) {
    if (stale(chain)) found.push(["bad", `${chain.chain}: no block for ${duration(chain.block_age_seconds)}`]);
    for (const wallet of walletsOf(look, chain))
      if (wallet.low) found.push(["warn", `${chain.chain}: ${short(wallet.address)}, which pays, runs dry`]);
    for (const key of pausedKeys(look, chain))
      found.push(["warn", `${chain.chain}: ${short(key.address)} signs nothing: ${key.paused}`]);
  }
  const lost = look.gaps.reduce((sum, gap) => sum + gap.lost, 0);
  if (lost) found.push(["bad", `${plural(lost, "packet")} cannot be moved`]);
  return found.sort(([a], [b]) => (a === b ? 0 : a === "bad" ? -1 : 1));
}

const stale = (chain) => chain.block_age_seconds * 1000 > 10 * Math.max(chain.interval_ms, 3000);

function drawState(look) {
  const found = troubles(look);
  const gaps = look.gaps.filter((gap) => !gap.lost).length;
  $("state").className = `state ${found.length ? found[0][0] : "good"}`;
  const more = found.length > 1 ? ` (and ${found.length - 1} more)` : "";
  const fine = gaps ? `relaying, ${plural(gaps, "scan")} under way` : "relaying";
  $("state-text").textContent = found.length ? found[0][1] + more : fine;
  $("version").textContent = look.version;
  const when = (ms) => new Date(ms).toLocaleString();
  const lease = look.lease ? ` · ${look.lease.holder} relays since ${when(look.lease.since_ms)}` : "";
  $("looked").textContent = `up ${duration(look.uptime_seconds)}${lease} · ${when(look.time_ms)}`;
}

function drawFigures(look) {
  const { history } = look;
  const recent = history.received.slice(-7, -1);
  const received = recent.reduce((sum, n) => sum + n, 0);
  const oldest = look.packets.find((packet) => packet.age_seconds !== null);
  $("pending").textContent = number(look.packets_total);
  $("pending-note").textContent = oldest ? `oldest ${duration(oldest.age_seconds)}` : "everything is delivered";
  $("rate").textContent = number(received);
  $("rate-note").textContent = recent.length ? `${(received / (recent.length * history.step_seconds)).toFixed(1)} a second` : "";
  const seen = history.median_ms.findLastIndex((ms) => ms !== null);
  $("latency").textContent = seen < 0 ? "–" : millis(history.median_ms[seen]);
  $("latency-note").textContent = seen < 0 ? "nothing received in the last hour" : `95 of 100 within ${millis(history.p95_ms[seen])}`;
  $("transactions").textContent = number(look.transactions_total);
  const messages = look.transactions.reduce((sum, tx) => sum + tx.messages, 0);
  $("transactions-note").textContent = messages ? plural(messages, "message") : "";
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
        ...(wallets.length ? wallets : chain.keys).map((account) => [
          `${account.granter ? "Granter" : "Key"} ${short(account.address)}`,
          account.balance ? `${amount(account.balance)} ${chain.denom}` : "not known yet",
          account.low ? "text-warn" : "",
        ]),
        ["Gas price", chain.gas_price],
        ["Transactions", chain.transactions_failed ? `${number(done)}, ${number(chain.transactions_failed)} failed` : number(done)],
        ["Gas used of allowed", chain.gas_wanted ? `${(100 * chain.gas_used / chain.gas_wanted).toFixed(1)} %` : null],
        ["Fees", `${amount(chain.fees)} ${chain.denom}`],
      ),
      ...paused.map((key) => el("p", "note", `${short(key.address)}: ${key.paused}`)));
  }));
}

function drawPaths(look) {
  $("paths").replaceChildren(...look.paths.map((path) => {
    const ends = path.ends.map((end) => {
      const client = look.clients.find((c) => c.path === path.path && c.chain === end.chain);
      const part = client && client.seconds_left !== null ? client.seconds_left / client.trusting_period_seconds : null;
      const level = part === null ? "" : part < .1 ? "bad" : part < .25 ? "warn" : "";
      const bar = el("i", level);
      if (part !== null) bar.style.width = `${Math.max(2, Math.min(100, part * 100))}%`;
      return el("div", "end",
        list([el("b", "", end.chain), end.state, end.state === "open" ? "text-good" : ""],
          ["Connection", path.ibc === "V2" ? "none, IBC v2" : end.connection || "none", "mono"],
          ["Client", end.client || "none", "mono"],
          ["Good for", part === null ? null : duration(client.seconds_left), level ? `text-${level}` : ""]),
        part === null ? null : el("div", "bar", bar),
        client && client.complaint ? el("p", "note bad", client.complaint) : null,
        end.waits && !(client && client.complaint) ? el("p", "note", end.waits) : null);
    });
    return el("article", "card",
      el("div", "head", el("h3", "", path.path), el("span", "badge", `${plural(path.channels, "channel")}, ${number(path.pending)} pending`)),
      el("div", "ends", ...ends));
  }));
  if (!look.paths.length) $("paths").replaceChildren(el("p", "empty", "no path yet; make one with ferry link"));
}

function drawTables(look) {
  const shown = (n, total) => (total > n ? `${number(n)} of ${number(total)}` : number(total));
  $("packets-count").textContent = shown(look.packets.length, look.packets_total);
  rows("packets", look.packets, "no packet is pending", (p) => [
    [`${p.from} ${p.port}/${p.channel} ${p.sequence}`], [p.to], [duration(p.age_seconds)], [p.stage], [p.why]]);
  $("channels-count").textContent = shown(look.channels.length, look.channels_total);
  const end = (e) => `${e.chain} ${e.port}/${e.channel || "none"}`;
  rows("channels", look.channels, "no channel yet", (c) => [
    [end(c.ends[0])], [end(c.ends[1])],
    [(c.ends[0].state === c.ends[1].state ? c.ends[0].state : `${c.ends[0].state}, ${c.ends[1].state}`) + (c.ordered ? ", ordered" : "")],
    [number(c.pending)], [c.oldest_age_seconds === null ? "–" : duration(c.oldest_age_seconds)]]);
  rows("costs", look.costs, "nothing was relayed since the start", (c) => [
    [c.channel ? `${c.chain} ${c.port}/${c.channel}` : "all others"], [number(c.sent)], [number(c.received)], [number(c.acknowledged)], [number(c.timed_out)],
    [number(c.our_receipts + c.our_acknowledgements + c.our_timeouts)], [number(c.redundant), c.redundant ? "text-warn" : ""], [fees(c.fees)]]);
}

const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

/** The next round number: 1, 2 or 5 times a power of ten. */
function round(n) {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return [1, 2, 5, 10].map((m) => m * power).find((m) => m >= n);
}

/** Draws series over the last hour. `times` are in milliseconds, values may be null. */
function plot(id, times, span, series, format, least) {
  const box = $(id);
  const [width, height] = [box.clientWidth, box.clientHeight];
  const [left, right, top, bottom] = [46, 8, 8, 22];
  const most = round(Math.max(least, ...series.flatMap((s) => s.values.map((v) => v ?? 0))));
  const end = times.length ? times[times.length - 1] : Date.now();
  const x = (time) => left + (width - left - right) * (1 - (end - time) / span);
  const y = (value) => height - bottom - (height - top - bottom) * value / most;
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": series.map((s) => s.name).join(", ") });
  for (const part of [0, .5, 1]) {
    root.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(most * part), y2: y(most * part) }));
    root.append(svg("text", { x: left - 8, y: y(most * part) + 4, "text-anchor": "end" }, format(most * part)));
  }
  for (const minutes of width < 520 ? [60, 30, 0] : [60, 45, 30, 15, 0]) {
    const anchor = minutes === 0 ? "end" : minutes === 60 ? "start" : "middle";
    root.append(svg("text", { x: x(end - minutes * 60000), y: height - 4, "text-anchor": anchor }, minutes ? `${minutes} min ago` : "now"));
  }
  for (const { name, values, area } of series) {
    let path = "", open = false, first = null, last = null;
    values.forEach((value, i) => {
      if (value === null) { open = false; return; }
      path += `${open ? "L" : "M"}${x(times[i]).toFixed(1)} ${y(value).toFixed(1)}`;
      // A point between two gaps is a dot.
      if (!open && (values[i + 1] ?? null) === null) path += "h.01";
      first ??= x(times[i]);
      last = x(times[i]);
      open = true;
    });
    if (area && first !== null && !values.includes(null)) {
      root.append(svg("path", { class: "area", d: `${path}L${last} ${y(0)}L${first} ${y(0)}Z` }));
    }
    root.append(svg("path", { class: `line ${name}`, d: path }));
  }
  box.replaceChildren(root);
  box.onpointermove = (event) => point(box, root, event, { times, series, format, x, y, top, bottom, height, width });
  box.onpointerleave = () => box.querySelectorAll(".tip, .cursor").forEach((node) => node.remove());
}

function point(box, root, event, { times, series, format, x, top, bottom, height, width }) {
  box.querySelectorAll(".tip, .cursor").forEach((node) => node.remove());
  if (!times.length) return;
  const at = event.clientX - box.getBoundingClientRect().left;
  const i = times.reduce((best, time, j) => (Math.abs(x(time) - at) < Math.abs(x(times[best]) - at) ? j : best), 0);
  root.append(svg("line", { class: "cursor", x1: x(times[i]), x2: x(times[i]), y1: top, y2: height - bottom }));
  const values = series.filter((s) => s.values[i] !== null).map((s) => `${s.label} ${format(s.values[i])}`);
  const tip = el("div", "tip", [new Date(times[i]).toLocaleTimeString(), ...values].join(" · "));
  box.append(tip);
  tip.style.left = `${Math.max(0, Math.min(width - tip.offsetWidth, x(times[i]) - tip.offsetWidth / 2))}px`;
}

function drawPlots(look) {
  const { history } = look;
  const step = history.step_seconds * 1000;
  const times = history.sent.map((_, i) => history.begin_ms + i * step);
  const span = 3600000;
  plot("throughput", times, span, [
    { name: "sent", label: "sent", values: history.sent },
    { name: "received", label: "received", values: history.received, area: true },
    { name: "completed", label: "completed", values: history.completed },
  ], (n) => (n >= 10000 ? `${n / 1000}k` : number(n)), 10);
  plot("latencies", times, span, [
    { name: "p95", label: "95 of 100", values: history.p95_ms },
    { name: "median", label: "median", values: history.median_ms },
  ], millis, 2000);
}

let newest = null;
function draw(look) {
  newest = look;
  for (const part of [drawState, drawFigures, drawChains, drawPaths, drawTables, drawPlots]) part(look);
}

async function look() {
  try {
    const answer = await fetch("/api/status", { cache: "no-store", signal: AbortSignal.timeout(8000) });
    if (!answer.ok) throw new Error((await answer.json()).error);
    draw(await answer.json());
  } catch (error) {
    $("state").className = "state bad";
    $("state-text").textContent = error instanceof TypeError ? "ferry does not answer" : error.message;
  }
  setTimeout(look, EVERY);
}

addEventListener("resize", () => newest && drawPlots(newest));
look();
