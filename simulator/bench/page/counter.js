// What is at the kiosk's counter: cards, coins, paper, lamps, the door.
const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) {
    if (k === "class") e.className = v;
    else e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}

export class Counter {
  constructor(bench) {
    this.bench = bench;
    this.people = new Map(bench.setup.cards.map((c) => [c.id, c]));
    this.groups = [...new Set(bench.setup.cards.map((c) => c.group))];
    this.papers = { sheet: [], slip: [] };
    this.hand();
    const click = (id, f) => { $(id).onclick = f; };
    click("lay-card", () => bench.send("lay", { resident: this.chosen() }));
    click("lay-two", () => bench.send("lay-two", { resident: this.chosen() }));
    click("take-card", () => bench.send("take-card"));
    for (const how of ["book", "fails", "waits"]) {
      click(`phone-${how}`, () => bench.send("phone", { resident: this.chosen(), kind: how }));
    }
    $("cards").addEventListener("change", () => this.phone());
    click("take-coins", () => bench.send("take-coins"));
    click("take-sheets", () => bench.send("take-sheets"));
    for (const b of document.querySelectorAll(".coin")) b.onclick = () => bench.send("coin", { yen: Number(b.dataset.yen) });
    $("door").onchange = () => bench.send("door", { open: $("door").checked });
    click("paper-close", () => $("paper").close());
    click("paper-older", () => this.turn(-1));
    click("paper-newer", () => this.turn(1));
    $("paper").onclick = (e) => { if (e.target === $("paper")) $("paper").close(); };
  }

  chosen() { return document.querySelector("#cards input:checked").value; }

  hand() {
    const list = $("cards");
    let group;
    for (const c of this.bench.setup.cards) {
      if (c.group !== group) list.append(element("h4", {}, c.group));
      group = c.group;
      const radio = element("input", { type: "radio", name: "card", value: c.id, "data-testid": `card-${c.id}` });
      const row = element("label", { class: `person g${this.groups.indexOf(group)}`, "data-card": c.id, draggable: "true" },
        radio, element("span", { class: "face" }), element("b", {}, element("span", { lang: "ja" }, c.name), element("code", {}, c.id)), element("small", {}, c.about));
      row.ondblclick = () => this.bench.send("lay", { resident: c.id });
      row.ondragstart = (e) => e.dataTransfer.setData("text/plain", c.id);
      list.append(row);
    }
    list.querySelector("input").checked = true;
    $("find-card").oninput = () => this.find($("find-card").value.trim().toLowerCase());
    const pad = $("reader");
    pad.ondragover = (e) => { e.preventDefault(); pad.classList.add("over"); };
    pad.ondragleave = () => pad.classList.remove("over");
    pad.ondrop = (e) => {
      e.preventDefault();
      pad.classList.remove("over");
      const id = e.dataTransfer.getData("text/plain");
      if (this.people.has(id)) this.bench.send("lay", { resident: id });
    };
  }

  find(text) {
    let heading, any = false;
    for (const e of $("cards").children) {
      if (e.tagName === "H4") {
        if (heading) heading.hidden = !any;
        [heading, any] = [e, false];
        continue;
      }
      e.style.display = e.textContent.toLowerCase().includes(text) ? "" : "none";
      any ||= e.style.display === "";
    }
    if (heading) heading.hidden = !any;
  }

  // phone tells the booking of the chosen card.
  phone(bookings = this.bookings || {}) {
    this.bookings = bookings;
    const state = bookings[this.chosen()] || "none";
    $("booking").textContent = state === "none" ? "no booking" : state;
    $("booking").dataset.state = state;
  }

  lamps(lamps) {
    for (const [name, state] of Object.entries(lamps)) {
      const e = document.querySelector(`[data-testid="lamp-${name}"]`);
      e.classList.toggle("on", state === "on");
      e.classList.toggle("blink", state === "blink");
      e.dataset.state = state;
      e.title = `Lamp: ${state === "blink" ? "blinking" : state}`;
    }
  }

  alarms(view) {
    $("buzzer").classList.toggle("on", view.buzzer.on);
    $("buzzer").dataset.state = view.buzzer.on ? "on" : "off";
    $("buzzer").title = `Sounded ${view.buzzer.times} times`;
    $("door").checked = view.door;
    $("door").nextElementSibling.nextElementSibling.textContent = view.door ? "Door open" : "Door shut";
  }

  reader(lying) {
    const pad = $("reader");
    pad.replaceChildren(...lying.map((id) => {
      const c = this.people.get(id);
      const group = c ? this.groups.indexOf(c.group) : 4;
      return element("span", { class: `card g${group}`, lang: "ja" }, c ? c.name : "a stranger's");
    }));
    if (!lying.length) pad.append("nothing lies here");
    pad.dataset.cards = lying.join(" ");
    $("take-card").disabled = !lying.length;
    for (const row of document.querySelectorAll(".person")) row.classList.toggle("lying", lying.includes(row.dataset.card));
  }

  coins(c) {
    $("returned").textContent = c.lying ? `¥${c.lying}` : "tray empty";
    $("returned").dataset.yen = c.lying;
    $("returned").classList.toggle("full", c.lying > 0);
    $("take-coins").disabled = !c.lying;
    $("bay-coins").title = Object.entries(c.levels).map(([yen, n]) => `${n} × ¥${yen}`).join(", ") + " in the hoppers";
  }

  sheets(sheets, queued) {
    this.papers.sheet = sheets;
    const here = sheets.filter((s) => s.tray).length;
    $("sheets").replaceChildren(...sheets.toReversed().map((s) => {
      const b = element("button", { "data-testid": `sheet-${s.id}`, "aria-label": `Sheet ${s.id}, ${s.tray ? "in the tray" : "taken"}: show front and back` });
      if (s.front) b.append(element("img", { src: `${this.bench.at}/sheet/${s.id}/front?small=1`, alt: "" }));
      b.onclick = () => this.show("sheet", s.id);
      return element("li", { class: s.tray ? "" : "taken" }, b);
    }));
    let note = here ? `${here} in the tray` : "tray empty";
    if (queued) note = "printing";
    $("sheets-note").textContent = note;
    $("take-sheets").disabled = !here;
    $("take-sheets").classList.toggle("main", here > 0);
  }

  slips(slips) {
    this.papers.slip = slips;
    $("slips").replaceChildren(...slips.toReversed().map((s) => {
      const b = element("button", { "data-testid": `slip-${s.id}`, "aria-label": `Receipt or slip ${s.id}: show it` },
        element("img", { src: `${this.bench.at}/paper/${s.id}`, alt: "" }));
      b.onclick = () => this.show("slip", s.id);
      return element("li", {}, b);
    }));
    $("slips-note").textContent = slips.length ? `${slips.length} printed` : "none yet";
  }

  // show opens a piece of paper large.
  show(what, id) {
    const list = this.papers[what], i = list.findIndex((p) => p.id === id);
    if (i < 0) return;
    this.open = { what, id };
    const p = list[i];
    $("paper-title").textContent = what === "sheet"
      ? `Sheet ${id} · ${p.at}${p.tray ? "" : " · taken"}` : `Slip ${id} · ${p.at}${p.torn ? " · torn off by a power cut" : ""}`;
    $("paper-older").disabled = i === 0;
    $("paper-newer").disabled = i === list.length - 1;
    const face = (path, name, css) => {
      const m = element("img", { src: `${this.bench.at}/${path}`, alt: `${name} as printed`, class: css, "data-testid": `paper-${name}` });
      if (what === "sheet") m.onclick = () => m.classList.toggle("zoom");
      return element("figure", {}, m, element("figcaption", {}, name));
    };
    const faces = [];
    if (what === "slip") faces.push(face(`paper/${id}`, "slip", "slip"));
    else {
      if (p.front) faces.push(face(`sheet/${id}/front`, "front", ""));
      if (p.back) faces.push(face(`sheet/${id}/back`, "back", ""));
    }
    $("paper-faces").replaceChildren(...(faces.length ? faces : ["Too many sheets came after it: its picture is no longer kept."]));
    if (!$("paper").open) $("paper").showModal();
  }

  turn(by) {
    const list = this.papers[this.open.what], i = list.findIndex((p) => p.id === this.open.id);
    if (list[i + by]) this.show(this.open.what, list[i + by].id);
  }
}
