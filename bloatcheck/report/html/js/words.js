const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
const MINUS = "\u2212";
const NOTHING = "\u2013";
/** A space that doesn't break, between a figure and its unit. */
const JOIN = "\u00a0";

/** `1.23 kB`, `77.8 MB`, `512 B`: three digits, decimal units, as everywhere in bloatcheck. */
function bytes(size) {
  if (size === null || size === undefined) return NOTHING;
  const sign = size < 0 ? MINUS : "";
  let value = Math.abs(size);
  if (value < 1000) return `${sign}${value}${JOIN}B`;
  let power = 0;
  while (value >= 999.5 && power < UNITS.length - 1) {
    value /= 1000;
    power += 1;
  }
  const places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  const rounded = Math.round((value + Number.EPSILON * value) * 10 ** places) / 10 ** places;
  return `${sign}${rounded.toFixed(places)}${JOIN}${UNITS[power]}`;
}

/** `+1.23 MB`, `−512 B`, `±0 B`. */
function growth(delta) {
  if (delta === null || delta === undefined) return NOTHING;
  if (delta === 0) return `±0${JOIN}B`;
  return delta > 0 ? `+${bytes(delta)}` : bytes(delta);
}

/** A part of a whole: `12 %`, `0.3 %`, `<0.1 %`. */
function part(size, whole) {
  if (!whole) return "";
  const percent = (100 * size) / whole;
  if (percent >= 9.95) return `${Math.round(percent)}${JOIN}%`;
  return percent >= 0.1 ? `${percent.toFixed(1)}${JOIN}%` : `<0.1${JOIN}%`;
}

function count(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")}${JOIN}${number === 1 ? noun : plural}`;
}

/** What happened to something of which both sizes are known. */
function changeOf(size, was) {
  if (size === was) return "same";
  if (was === 0) return "added";
  if (size === 0) return "removed";
  return size > was ? "grown" : "shrunk";
}

/** How a change is coloured; `step` 1 to 3 by its part of what was there. */
function toneOf(size, was) {
  const change = changeOf(size, was);
  if (change === "same" || change === "added" || change === "removed") return change;
  const ratio = Math.abs(size - was) / was;
  const step = ratio >= 0.5 ? 3 : ratio >= 0.1 ? 2 : 1;
  return `${change}-${step}`;
}
