// Power, clock, office, and a row of switches for each device that can fail.
const $ = (id) => document.getElementById(id);

export class Switches {
  constructor(bench) {
    this.bench = bench;
    this.rows = new Map();
    for (const d of bench.setup.devices) this.row(d);
    for (const l of bench.setup.lies) $("office-lies").append(new Option(l.label, l.id));
    for (const k of bench.setup.events) $("cut-kind").append(new Option(k, k, k === "paid", k === "paid"));
    for (const id of ["power-on", "power-cut", "kill"]) $(id).onclick = () => bench.send(id);
    $("cut-at").onsubmit = (e) => {
      e.preventDefault();
      bench.send("power-cut-at", { when: $("cut-when").value, kind: $("cut-kind").value });
    };
    for (const id of ["clock-1m", "clock-10m"]) {
      $(id).onclick = () => this.slowly(id, "clock-advance", { for: $(id).dataset.for });
    }
    $("clock-form").onsubmit = (e) => {
      e.preventDefault();
      this.slowly("clock-set", "clock-set", { to: $("clock-to").value.trim() });
    };
    $("office-line").onchange = () => this.slowly("office-line", $("office-line").checked ? "office-back" : "office-away");
    $("office-slow").onchange = () => bench.send("office-slow", { for: $("office-slow").value });
    $("office-lies").onchange = () => bench.send("office-lies", { kind: $("office-lies").value });
    this.settings();
    for (const name of bench.setup.commands) this.command(name);
    $("clear-all").onclick = async () => {
      for (const device of Object.keys(this.faults || {})) await bench.send("clear", { device });
    };
  }

  settings() {
    for (const s of this.bench.setup.settings) $("set-key").append(new Option(s.label, s.id));
    const offer = () => { $("set-value").value = this.bench.setup.settings.find((s) => s.id === $("set-key").value).first; };
    $("set-key").onchange = offer;
    offer();
    $("office-sets").onsubmit = (e) => {
      e.preventDefault();
      this.slowly("set-go", "office-sets", { key: $("set-key").value, value: $("set-value").value.trim() });
    };
  }

  // command is a button for what the office may have this kiosk do.
  command(name) {
    const b = document.createElement("button");
    b.id = `command-${name}`;
    b.dataset.testid = b.id;
    b.textContent = name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
    b.onclick = () => this.slowly(b.id, "office-command", { kind: name });
    $("commands").append(b);
  }

  // slowly does what takes a while, with its control out of reach meanwhile.
  async slowly(id, what, body) {
    $(id).disabled = true;
    const ok = await this.bench.send(what, body);
    $(id).disabled = false;
    if (!ok && this.last) this.draw(this.last);
  }

  row(device) {
    const row = document.createElement("div");
    row.className = "fault";
    const label = document.createElement("label");
    label.textContent = device.label;
    label.htmlFor = `fault-${device.id}`;
    const choice = document.createElement("select");
    choice.id = label.htmlFor;
    choice.dataset.testid = choice.id;
    choice.append(new Option("good", ""));
    for (const k of device.kinds) choice.append(new Option(k.label, k.id));
    const clear = document.createElement("button");
    clear.textContent = "×";
    clear.title = "Clear";
    clear.id = `clear-${device.id}`;
    clear.dataset.testid = clear.id;
    clear.setAttribute("aria-label", `Clear: ${device.label}`);
    const value = document.createElement("input");
    value.id = `fault-${device.id}-value`;
    value.dataset.testid = value.id;
    value.hidden = true;
    value.autocomplete = "off";
    const set = document.createElement("button");
    set.textContent = "Set";
    set.id = `set-${device.id}`;
    set.dataset.testid = set.id;
    set.hidden = true;
    set.setAttribute("aria-label", `Set: ${device.label}`);
    clear.hidden = true;
    row.append(label, choice, clear, value, set);
    $("faults").append(row);

    const kind = () => device.kinds.find((k) => k.id === choice.value);
    const apply = () => {
      const k = kind();
      this.bench.send("fault", { device: device.id, kind: k.asks ? `${k.id}:${value.value.trim()}` : k.id })
        .then((ok) => { if (!ok && this.last) this.draw(this.last); });
    };
    choice.onchange = () => {
      const k = kind();
      value.hidden = set.hidden = !k?.asks;
      if (!k) this.bench.send("clear", { device: device.id });
      else if (!k.asks) apply();
      else {
        value.value = k.first;
        value.setAttribute("aria-label", k.asks === "N" ? "How many (N)" : "How long (D)");
        value.focus();
        value.select();
      }
    };
    set.onclick = apply;
    value.onkeydown = (e) => { if (e.key === "Enter") apply(); };
    clear.onclick = () => this.bench.send("clear", { device: device.id });
    this.rows.set(device.id, { row, choice, value, set, clear });
  }

  draw(view) {
    this.last = view;
    this.faults = view.faults;
    $("power-on").disabled = view.power.on;
    $("power-cut").disabled = !view.power.on && !view.power.connected;
    $("kill").disabled = !view.power.on;
    $("office-line").checked = !view.office.away;
    $("office-lies").value = view.office.lies;
    $("office-slow").value = view.office.slow || "0s";
    $("office-said").textContent = view.office.said;
    $("clear-all").hidden = !Object.keys(view.faults).length;
    for (const [id, r] of this.rows) {
      const fault = view.faults[id] || "";
      const whole = [...r.choice.options].some((o) => o.value === fault);
      const [kind, value] = whole ? [fault] : fault.split(":");
      r.row.classList.toggle("broken", fault !== "");
      r.clear.hidden = fault === "";
      if (r.row.contains(document.activeElement) && !fault && !r.value.hidden) continue; // somebody is choosing
      r.choice.value = kind;
      r.value.hidden = r.set.hidden = value === undefined;
      if (value !== undefined) r.value.value = value;
    }
  }
}
