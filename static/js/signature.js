// The customer's ink: strokes of [x, y, t] in ten-thousandths of the box's width and milliseconds (contract 7).
// Kept through rotation, reload and a refused form, unless the field is fleeting (its page is used again and again);
// the server judges it again.

const FULL = 10000;
const LEAST_POINTS = 10;
const LEAST_PATH = 2000;

export class Ink {
  constructor(field) {
    this.field = field;
    this.box = field.querySelector(".sign-box");
    this.canvas = field.querySelector("canvas");
    this.input = field.querySelector("[data-strokes]");
    this.message = field.querySelector("[data-blank-message]");
    this.place = field.hasAttribute("data-fleeting") ? null : `ink:${location.pathname}`;
    this.pad = new SignaturePad(this.canvas, { penColor: "#101c3f", minWidth: 1, maxWidth: 3.2 });
    this.strokes = this.kept();
    this.pad.addEventListener("endStroke", () => this.take());
    field.querySelector("[data-undo]").addEventListener("click", () => this.set(this.strokes.slice(0, -1)));
    field.querySelector("[data-clear]").addEventListener("click", () => this.set([]));
    new ResizeObserver(() => this.fit()).observe(this.box);
    this.fit();
    this.keep();
  }

  kept() {
    try {
      return JSON.parse(this.input.value || (this.place && sessionStorage.getItem(this.place)) || "[]");
    } catch {
      return [];
    }
  }

  keep() {
    this.input.value = this.strokes.length ? JSON.stringify(this.strokes) : "";
    this.input.dispatchEvent(new Event("change", { bubbles: true })); // for whoever keeps it elsewhere
    if (!this.place) return;
    try {
      sessionStorage.setItem(this.place, this.input.value);
    } catch {
      // no storage: the ink lives as long as the page
    }
  }

  set(strokes) {
    this.strokes = strokes;
    this.draw();
    this.keep();
    this.complain(false);
  }

  // Reads the pad's last stroke only: earlier ones keep their first coordinates, whatever the box became since.
  take() {
    const points = this.pad.toData().at(-1)?.points ?? [];
    if (!points.length) return;
    this.begun ??= points[0].time - (this.strokes.at(-1)?.at(-1)?.[2] ?? 0) - (this.strokes.length ? 500 : 0);
    const unit = FULL / this.canvas.clientWidth;
    const whole = (n) => Math.min(Math.max(Math.round(n * unit), 0), FULL);
    this.strokes = [...this.strokes, points.map((p) => [whole(p.x), whole(p.y), Math.max(0, Math.round(p.time - this.begun))])];
    this.keep();
    this.complain(false);
  }

  fit() {
    const ratio = Math.max(devicePixelRatio || 1, 1);
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    this.canvas.width = clientWidth * ratio;
    this.canvas.height = clientHeight * ratio;
    this.canvas.getContext("2d").scale(ratio, ratio);
    this.draw();
  }

  draw() {
    const unit = this.canvas.clientWidth / FULL;
    const { penColor, minWidth, maxWidth, dotSize, velocityFilterWeight } = this.pad;
    const pen = { penColor, minWidth, maxWidth, dotSize, velocityFilterWeight, compositeOperation: "source-over" };
    this.pad.clear();
    this.pad.fromData(
      this.strokes.map((stroke) => ({ ...pen, points: stroke.map(([x, y, time]) => ({ x: x * unit, y: y * unit, time, pressure: 0.5 })) })),
    );
    if (!this.strokes.length) this.begun = undefined;
  }

  blank() {
    const paths = this.strokes.map((s) => s.slice(1).reduce((sum, [x, y], i) => sum + Math.hypot(x - s[i][0], y - s[i][1]), 0));
    const path = paths.reduce((sum, length) => sum + length, 0);
    return this.strokes.flat().length < LEAST_POINTS || path < LEAST_PATH;
  }

  complain(refused) {
    this.message.hidden = !refused;
    this.message.textContent = refused ? this.field.dataset.blank : "";
    if (refused) this.box.focus();
  }
}

export function attach(root) {
  for (const field of root.querySelectorAll("[data-signature]")) {
    const ink = new Ink(field);
    const form = field.closest("form");
    form.addEventListener("submit", (event) => {
      const typed = form.querySelector("[name=typed_name]")?.value.trim();
      if (typed || !ink.blank()) return;
      event.preventDefault();
      ink.complain(true);
    });
  }
}
attach(document);
