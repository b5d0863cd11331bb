// What went over the buses, the journal and kioskd's log.
const $ = (id) => document.getElementById(id);
const linesMax = 1200;

// What hangs on the board's buses.
const hangs = { "I2C1": "touch", "SPI0.0": "panel", "UART0": "receipts" };
const named = (device) => (hangs[device] ? `${device} ${hangs[device]}` : device);

function line(...cells) {
  const p = document.createElement("p");
  for (const [text, css] of cells) {
    const s = document.createElement("span");
    s.textContent = text;
    s.className = css || "";
    p.append(s);
  }
  return p;
}

function none(text) {
  const p = document.createElement("p");
  p.className = "none";
  p.textContent = text;
  return p;
}

export class Records {
  constructor(bench) {
    this.bench = bench;
    this.lines = [];
    this.after = 0;
    this.tab = "trace";
    this.tabs = ["trace", "journal", "log", "fleet"];
    for (const name of this.tabs) {
      $(`tab-${name}`).onclick = () => this.choose(name);
      $(`tab-${name}`).onkeydown = (e) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
        if (!step) return;
        this.choose(this.tabs.at((this.tabs.indexOf(name) + step) % this.tabs.length));
        $(`tab-${this.tab}`).focus();
      };
    }
    $("filter").oninput = () => this.draw();
    $("trace-device").onchange = () => this.draw();
    $("hold").onclick = () => {
      this.held = !this.held;
      $("hold").setAttribute("aria-pressed", String(this.held));
      if (!this.held) this.changed();
    };
  }

  choose(name) {
    this.tab = name;
    for (const t of this.tabs) {
      $(`tab-${t}`).setAttribute("aria-selected", String(t === name));
      $(`tab-${t}`).tabIndex = t === name ? 0 : -1;
      $(`pane-${t}`).hidden = t !== name;
    }
    $("trace-device").hidden = name !== "trace";
    $("trace-device").previousElementSibling.hidden = name !== "trace";
    $("journal-sums").hidden = name !== "journal";
    if (!$(`pane-${name}`).children.length) $(`pane-${name}`).append(none("Asking the kiosk"));
    this.changed();
  }

  // changed fetches what the open tab shows, at most a few times a second.
  changed() {
    if (this.due || this.held) return;
    const pause = { trace: 150, journal: 600, log: 400, fleet: 600 }[this.tab];
    this.due = setTimeout(async () => {
      try {
        await this[this.tab]();
      } catch (e) {
        $(`pane-${this.tab}`).replaceChildren(none(e.message));
      }
      this.due = undefined;
      // The journal and the log go on without the view being another.
      if (this.tab !== "trace" && !this.held) this.later();
    }, pause);
  }

  later() {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.changed(), 4000);
  }

  async trace() {
    const lines = await (await this.bench.get(`trace?after=${this.after}`)).json();
    if (!lines.length) return;
    this.after = lines.at(-1).number;
    const known = new Map(this.lines.map((l, i) => [l.id, i])), devices = new Set(this.lines.map((l) => l.device));
    for (const l of lines) {
      if (known.has(l.id)) {
        this.lines[known.get(l.id)] = l; // it has grown
        continue;
      }
      this.lines.push(l);
      if (devices.has(l.device)) continue;
      devices.add(l.device);
      if (![...$("trace-device").options].some((o) => o.value === l.device)) $("trace-device").append(new Option(named(l.device), l.device));
    }
    this.lines.sort((a, b) => a.id - b.id);
    this.lines.splice(0, Math.max(0, this.lines.length - linesMax));
    this.draw();
  }

  async journal() {
    this.events = await (await this.bench.get("journal")).json();
    this.draw();
  }

  async log() {
    this.tail = await (await this.bench.get("log")).json();
    this.draw();
  }

  async fleet() {
    this.kiosks = await (await this.bench.get("fleet")).json();
    this.draw();
  }

  draw() {
    if (this.tab === "fleet") {
      $("pane-fleet").replaceChildren(this.table());
      return;
    }
    const pane = $(`pane-${this.tab}`), find = $("filter").value.trim().toLowerCase();
    const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < 40;
    let rows = [];
    if (this.tab === "trace") rows = this.traceRows();
    if (this.tab === "journal") rows = this.journalRows();
    if (this.tab === "log") rows = (this.tail || []).map((l) => line([l, /level=ERROR|^---/.test(l) ? "bad" : /level=WARN/.test(l) ? "warn" : ""]));
    if (find) rows = rows.filter((r) => r.textContent.toLowerCase().includes(find));
    pane.replaceChildren(...(rows.length ? rows : [none(find ? "No line has that." : "Nothing yet.")]));
    if (atEnd) pane.scrollTop = pane.scrollHeight;
  }

  // table is how each kiosk told the office that it is.
  table() {
    const t = document.createElement("table");
    const row = (cell, texts) => {
      const r = t.insertRow();
      for (const [text, css] of texts) {
        const c = r.appendChild(document.createElement(cell));
        c.textContent = text;
        c.className = css || "";
      }
      return r;
    };
    row("th", ["Kiosk", "At", "Page", "Version", "Settings", "Unsent", "Owed", "Coins", "Refused", "Devices"].map((h) => [h]));
    for (const k of this.kiosks || []) {
      const h = k.health;
      if (!h) {
        const r = row("td", [[k.kiosk], [k.why, "warn"]]);
        r.cells[1].colSpan = 9;
        continue;
      }
      row("td", [
        [k.kiosk], [h.at.slice(11, 19), "d"], [h.out ? `out: ${h.out}` : h.page, h.out ? "warn" : ""], [h.software], [h.settings],
        [h.unsent, h.unsent ? "warn" : ""], [`¥${h.owed}`, h.owed ? "warn" : ""],
        [(h.coins || []).map((c) => `${c.yen}×${c.count}`).join(" "), "d"],
        [h.refused.settings + h.refused.commands || "", "warn"], [k.ailing, k.ailing === "all devices ok" ? "d" : "warn"],
      ]).dataset.kiosk = k.kiosk;
    }
    return t;
  }

  traceRows() {
    const device = $("trace-device").value;
    return this.lines.filter((l) => !device || l.device === device)
      .map((l) => line([l.at, "d r"], [named(l.device), l.device === "reader" ? "reader" : ""], [l.to ? "→" : "←", "d"],
        [l.text + (l.times > 1 ? `  ×${l.times}` : ""), ""]));
  }

  journalRows() {
    const j = this.events;
    if (!j) return [];
    const sums = $("journal-sums");
    sums.replaceChildren();
    const sum = (name, text, css) => {
      const b = document.createElement("b");
      b.textContent = text;
      b.className = css;
      sums.append(name, b);
    };
    sum("owed ", `¥${j.owed}`, j.owed ? "owed" : "");
    sum("  unsent ", String(j.unsent), j.unsent ? "owed" : "");
    return (j.events || []).map((e) => {
      const rest = Object.entries(e).filter(([k, v]) => !["n", "kind", "at"].includes(k) && v !== "" && v !== null)
        .map(([k, v]) => `${k}=${k === "visit" || k === "person" ? String(v).slice(0, 8) : v}`).join("  ");
      const bad = ["incident", "debt-booked", "sheet-unknown"].includes(e.kind);
      return line([String(e.n), "d r"], [String(e.at || "").slice(11, 19), "d"], [e.kind, bad ? "warn" : ""], [rest, "d"]);
    });
  }
}
