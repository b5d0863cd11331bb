// The panel: its picture as the chips received it, the finger on its touch chip,
// and its buttons for keyboard and screen reader.
const $ = (id) => document.getElementById(id);

export class Panel {
  constructor(bench) {
    this.bench = bench;
    this.canvas = $("panel");
    this.queue = [];
    this.finger();
  }

  // refresh fetches the picture; one at a time, so a slow page gets fewer.
  async refresh() {
    this.stale = true;
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.stale) {
        this.stale = false;
        const blob = await (await this.bench.get("panel.png")).blob();
        const picture = await createImageBitmap(blob);
        if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
          this.canvas.width = picture.width;
          this.canvas.height = picture.height;
        }
        this.canvas.getContext("2d").drawImage(picture, 0, 0);
        picture.close();
      }
    } catch (e) {
      this.bench.say(e.message);
    } finally {
      this.busy = false;
    }
  }

  // describe lays a button over each button of the panel. The mouse goes through
  // them to the glass; Tab, Enter and a screen reader do not.
  async describe(view) {
    const box = $("panel-buttons");
    if (!view.page.page) {
      box.replaceChildren();
      delete box.dataset.page;
      this.canvas.setAttribute("aria-label", view.power.on ? "Panel: no page yet" : "Panel: off");
      return;
    }
    let tree;
    try {
      tree = await (await this.bench.get("panel/tree")).json();
    } catch {
      return; // it went off meanwhile
    }
    const held = document.activeElement?.dataset?.button;
    const [width, height] = tree.size;
    box.dataset.page = tree.page;
    box.dataset.number = view.page.number;
    box.replaceChildren(...(tree.nodes || []).filter((n) => n.role === "button").map((n) => {
      const [x0, y0, x1, y1] = n.bounds;
      const b = document.createElement("button");
      b.textContent = n.label || n.id;
      b.dataset.button = n.id;
      b.dataset.testid = `panel-${n.id}`;
      b.setAttribute("aria-disabled", String(n.state === "disabled"));
      if (n.state === "on" || n.state === "off") b.setAttribute("aria-pressed", String(n.state === "on"));
      b.style.cssText = `left:${x0 / width * 100}%;top:${y0 / height * 100}%;width:${(x1 - x0) / width * 100}%;height:${(y1 - y0) / height * 100}%`;
      b.onclick = () => this.tap(Math.round((x0 + x1) / 2), Math.round((y0 + y1) / 2));
      return b;
    }));
    if (held) box.querySelector(`[data-button="${CSS.escape(held)}"]`)?.focus();
    const said = (tree.nodes || []).filter((n) => n.role !== "button" && n.label).map((n) => n.label).join(". ");
    this.canvas.setAttribute("aria-label", `Panel: ${said}`);
    this.canvas.lang = tree.language;
    box.lang = tree.language;
  }

  tap(x, y) {
    this.touch("down", x, y);
    this.touch("up", x, y);
  }

  finger() {
    const ring = $("finger");
    const spot = (e) => {
      const r = this.canvas.getBoundingClientRect();
      const within = (v, most) => Math.max(0, Math.min(most - 1, Math.floor(v)));
      ring.style.left = `${e.clientX - r.left}px`;
      ring.style.top = `${e.clientY - r.top}px`;
      return [
        within((e.clientX - r.left) / r.width * this.canvas.width, this.canvas.width),
        within((e.clientY - r.top) / r.height * this.canvas.height, this.canvas.height),
      ];
    };
    this.canvas.onpointerdown = (e) => {
      if (e.button !== 0) return;
      this.canvas.setPointerCapture(e.pointerId);
      this.down = true;
      ring.hidden = false;
      this.touch("down", ...spot(e));
    };
    this.canvas.onpointermove = (e) => { if (this.down) this.touch("move", ...spot(e)); };
    const lift = (e) => {
      if (!this.down) return;
      this.down = false;
      ring.hidden = true;
      this.touch("up", ...spot(e));
    };
    this.canvas.onpointerup = lift;
    this.canvas.onpointercancel = lift;
  }

  // touch sends one event of the finger after the other, in order; of moves that
  // wait, the last one counts.
  async touch(kind, x, y) {
    const last = this.queue.at(-1);
    if (kind === "move" && last?.kind === "move") Object.assign(last, { x, y });
    else this.queue.push({ kind, x, y });
    if (this.sending) return;
    this.sending = true;
    while (this.queue.length) await this.bench.send("touch", this.queue.shift());
    this.sending = false;
  }
}
