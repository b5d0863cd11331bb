// The page's entry: which kiosk, what it looks like now, and how things are done
// to it. Each part draws itself from the view the server streams.
import { Panel } from "./panel.js";
import { Counter } from "./counter.js";
import { Switches } from "./switches.js";
import { Records } from "./records.js";

const kiosk = new URLSearchParams(location.search).get("kiosk") || "1";
const at = `/kiosk/${encodeURIComponent(kiosk)}`;
const $ = (id) => document.getElementById(id);

let quiet; // until what was said goes away
function say(text) {
  $("say").textContent = text;
  clearTimeout(quiet);
  quiet = setTimeout(() => { $("say").textContent = ""; }, 6000);
}

// send does one thing; it tells the person when it could not be done.
async function send(what, body = {}) {
  try {
    const r = await fetch(`${at}/do/${what}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    if (!r.ok) say((await r.text()).trim());
    return r.ok;
  } catch {
    say("kiosksim does not answer: is it still running?");
    return false;
  }
}

async function get(path) {
  const r = await fetch(`${at}/${path}`);
  if (!r.ok) throw new Error((await r.text()).trim());
  return r;
}

// changes calls a part's draw only when its share of the view is another.
function changes(pick, draw) {
  let last;
  return (view) => {
    const share = pick(view), now = JSON.stringify(share);
    if (now !== last) {
      last = now;
      draw(share, view);
    }
  };
}

function drawPower(p) {
  let text = "off", mood = "";
  if (p.on && p.connected) [text, mood] = ["running", "good"];
  else if (p.on) [text, mood] = ["starting", "warn"];
  else if (p.ended && !/killed/.test(p.ended)) [text, mood] = [`off: ${p.ended}`, "bad"];
  if (p.armed) [text, mood] = [`${text}, power cut armed`, "warn"];
  $("power-state").textContent = text;
  $("power-state").className = `state ${mood}`;
}

function drawPage(p) {
  const row = $("page-state");
  row.replaceChildren();
  if (!p.page) return;
  const name = document.createElement("b");
  name.textContent = p.page;
  name.dataset.testid = "page";
  row.append("page ", name);
  for (const [k, v] of Object.entries(p.keys || {})) {
    const s = document.createElement("span");
    s.textContent = `${k}=${v}`;
    row.append(s);
  }
  const lang = document.createElement("span");
  lang.textContent = p.language;
  row.append(lang);
  row.dataset.page = p.page;
}

function drawClock(now) {
  const [date, rest] = now.split("T");
  document.querySelector("#clock .date").textContent = date;
  document.querySelector("#clock .time").textContent = rest.slice(0, 8);
  $("clock").title = now;
}

async function start() {
  const setup = await (await fetch("/setup")).json();
  for (let n = 1; n <= setup.kiosks; n++) $("kiosk").append(new Option(String(n), String(n), false, String(n) === kiosk));
  $("kiosk").onchange = () => { location.search = $("kiosk").value === "1" ? "" : `?kiosk=${$("kiosk").value}`; };

  const bench = { send, get, say, at, setup };
  const panel = new Panel(bench), counter = new Counter(bench), switches = new Switches(bench), records = new Records(bench);
  const parts = [
    changes((v) => v.power, drawPower),
    changes((v) => v.page, drawPage),
    changes((v) => v.clock, drawClock),
    changes((v) => v.name, (name) => { $("plate").textContent = `証明書交付機　${name}`; }),
    changes((v) => v.picture, () => panel.refresh()),
    changes((v) => [v.page.number, v.power.on], (_, v) => panel.describe(v)),
    changes((v) => v.lamps, (l) => counter.lamps(l)),
    changes((v) => [v.buzzer, v.door], (_, v) => counter.alarms(v)),
    changes((v) => v.reader, (r) => counter.reader(r)),
    changes((v) => v.bookings, (b) => counter.phone(b)),
    changes((v) => v.coins, (c) => counter.coins(c)),
    changes((v) => [v.sheets, v.queued], (_, v) => counter.sheets(v.sheets, v.queued)),
    changes((v) => v.papers, (p) => counter.slips(p)),
    changes((v) => [v.power, v.faults, v.office], (_, v) => switches.draw(v)),
    changes((v) => [v.record, v.page.number, v.power, v.papers, v.sheets], (_, v) => records.changed(v)),
  ];
  const stream = new EventSource(`${at}/events`);
  stream.onmessage = (e) => {
    const view = JSON.parse(e.data);
    for (const draw of parts) draw(view);
    document.body.dataset.live = "yes";
  };
  stream.onerror = () => {
    $("power-state").textContent = "kiosksim does not answer";
    $("power-state").className = "state bad";
  };
  addEventListener("pagehide", () => stream.close());
}

start().catch((e) => say(String(e.message || e)));
