// What the drawings of a visit's pages share: the words that the page brought, elements, figures and times.

import { siteTime } from "./facts.js";

const locale = document.documentElement.lang.replace("-", "_");
export let parts = null;
export let words = null;

export function use(brought) {
  parts = brought;
  words = JSON.parse(brought.dataset.words);
}

export function make(name, cls = "", ...inner) {
  const element = document.createElement(name);
  if (cls) element.className = cls;
  element.append(...inner);
  return element;
}

export function icon(name) {
  const copy = document.querySelector("svg.icon[aria-hidden]").cloneNode(true);
  const use = copy.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  return copy;
}

export const tag = (state) => make("span", `tag tag-${words.states[state][1]}`, words.states[state][0]);
export const waits = (entry, before = " · ") => (entry ? [before, icon("clock"), ` ${words.waits}`] : []);
export const pathOf = (control) => new URL(control.getAttribute(control.localName === "a" ? "href" : "action"), location.href).pathname;
export const pick = (labels) => labels?.[locale] || labels?.zh_Hans || Object.values(labels ?? {})[0] || "";
export const figure = (text) => (locale === "es" ? text.replace(".", ",") : text);
export const counted = ([one, more], n) => (n === 1 ? one : n ? more.replace("{n}", n) : "");

// What the van holds of a part, with its unit.
export function inVan({ unit, in_van }) {
  const [one, more] = words.pair; // the one unit with a plural
  return `${figure(in_van)} ${pick(unit) === one && in_van !== "1" ? more : pick(unit)}`;
}

export function spent(minutes) {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (!hours) return words.minutes.replace("{m}", rest);
  return rest ? words.long.replace("{h}", hours).replace("{m}", String(rest).padStart(2, "0")) : words.hours.replace("{h}", hours);
}

// 2026-11-23 14:05 at the site, as the server writes it.
export function shown(moment, { visit }) {
  const [day, time] = siteTime(Date.parse(moment), visit.zone).split("T");
  return `${locale === "es" ? day.split("-").reverse().join("/") : day} ${time.slice(0, 5)}`;
}
