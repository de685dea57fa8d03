// Decimal arithmetic on texts, as the server's: nothing here is ever a binary fraction.

// "12.50" → {digits: 1250n, places: 2}; null for what is no plain decimal.
export function read(text) {
  const found = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text ?? "");
  if (!found) return null;
  const [, sign, whole, fraction = ""] = found;
  const digits = BigInt(whole + fraction);
  return { digits: sign === "-" ? -digits : digits, places: fraction.length };
}

export function times(a, b) {
  return { digits: a.digits * b.digits, places: a.places + b.places };
}

export function plus(a, b) {
  const places = Math.max(a.places, b.places);
  return { digits: at(a, places) + at(b, places), places };
}

function at(a, places) {
  return a.digits * 10n ** BigInt(places - a.places);
}

// To so many places, halves away from zero or, as Python's format does, to the even neighbour.
export function rounded(a, places, even = false) {
  if (a.places <= places) return { digits: at(a, places), places };
  const unit = 10n ** BigInt(a.places - places);
  const size = a.digits < 0n ? -a.digits : a.digits;
  let [whole, rest] = [size / unit, (size % unit) * 2n];
  if (rest > unit || (rest === unit && (!even || whole % 2n))) whole += 1n;
  return { digits: a.digits < 0n ? -whole : whole, places };
}

export function text(a) {
  const size = String(a.digits < 0n ? -a.digits : a.digits).padStart(a.places + 1, "0");
  const whole = size.slice(0, size.length - a.places);
  return (a.digits < 0n ? "-" : "") + whole + (a.places ? "." + size.slice(size.length - a.places) : "");
}

// Without trailing zeros, and without a mark that nothing follows.
export function short(a) {
  const written = text(a);
  return a.places ? written.replace(/\.?0+$/, "") : written;
}
