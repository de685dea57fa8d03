// Draws the report into the step's slots, with the markup of `templates/handover/_read.html`.

const NOTHING = "—";

export function element(name, classes = "", text = null) {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text !== null) made.textContent = text;
  return made;
}

export const slot = (root, name) => root.querySelector(`[data-slot="${name}"]`);

export function fillReport(root, reading, photos, words) {
  const { payload } = reading;
  root.querySelectorAll("[data-slot]").forEach((one) => (one.lang = reading.language.replace("_", "-")));
  slot(root, "who").textContent = `${payload.customer_name} · ${payload.product_name ?? ""} ${payload.serial_no ?? ""}`;
  slot(root, "short").replaceChildren(...reading.inShort.map((one) => row(one.label, [one.value])));
  slot(root, "parts-title").textContent = reading.word("block_parts");
  const parts = reading.parts;
  slot(root, "parts").replaceChildren(...parts.map((part) => partLine(part, reading.label("old_part"), words)));
  slot(root, "no-parts").hidden = parts.length > 0;
  slot(root, "no-parts").textContent = reading.word("no_parts");
  slot(root, "photos-part").hidden = !payload.photos.length;
  slot(root, "photos-title").textContent = reading.word("photos");
  slot(root, "photos").replaceChildren(...payload.photos.map((photo, at) => photoLine(reading.caption(photo), photos[at])));
  slot(root, "sheet").replaceChildren(...reading.sheet.map(section));
}

function section(block) {
  const part = element("section", "section");
  const list = element("dl", "summary");
  list.append(...block.cells.map((one) => row(one.label, said(one))));
  part.append(element("h2", "", block.title), list);
  return part;
}

function said({ value, strong, code }) {
  const found = [strong ? element("strong", "", value) : value];
  return code ? [...found, " ", element("span", "code muted", code)] : found;
}

function row(label, parts) {
  const line = element("div");
  const value = element("dd", "prose");
  value.append(...parts);
  line.append(element("dt", "", label), value);
  return line;
}

function partLine(part, oldPart) {
  const line = element("li", "line");
  const left = element("span", "grow");
  left.append(element("span", "strong", part.name), element("br"), element("span", "code muted", part.number));
  if (part.serials !== NOTHING) left.append(" ", element("span", "code muted", part.serials));
  left.append(element("br"), element("span", "muted small", `${oldPart}: ${part.oldPart}`));
  const right = element("span", "num");
  right.append(element("span", "strong", part.quantity), element("br"), element("span", "muted figure", part.amount));
  line.append(left, right);
  return line;
}

function photoLine(caption, address) {
  const line = element("li");
  if (address) {
    const image = element("img");
    image.src = address;
    image.alt = caption;
    image.onerror = () => image.remove(); // it is not on this phone
    line.append(image);
  }
  line.append(element("span", "", caption));
  return line;
}

// Errors in the markup of the macros: a summary on top, words beside each field.
export function complain(root, form, title, problems) {
  root.querySelectorAll(".error-summary, .field .error:not([data-blank-message]):not([data-slot])").forEach((old) => old.remove());
  root.querySelectorAll(".field.bad").forEach((field) => field.classList.remove("bad"));
  if (!problems.length) return;
  const summary = element("div", "error-summary");
  summary.setAttribute("role", "alert");
  summary.tabIndex = -1;
  const list = element("ul");
  for (const [name, words] of problems) {
    const named = form.elements.namedItem(name);
    const control = named instanceof RadioNodeList ? named[0] : named;
    const field = control?.closest(".field");
    const label = field?.querySelector("legend, label, .label")?.firstChild?.textContent?.trim() ?? "";
    const line = element("li");
    const colon = document.documentElement.lang.startsWith("zh") ? "：" : ": ";
    const link = element("a", "", label ? label + (/[?？.。!！]$/.test(label) ? " " : colon) + words : words);
    link.href = `#${control?.id ?? ""}`;
    line.append(link);
    list.append(line);
    if (!field) continue;
    field.classList.add("bad");
    field.closest("details")?.setAttribute("open", "");
    const note = element("p", "error", words);
    (field.querySelector("legend, label, .label") ?? field).after(note);
  }
  summary.append(element("h2", "", title), list);
  root.prepend(summary);
  summary.focus();
  summary.scrollIntoView({ block: "start" });
}
