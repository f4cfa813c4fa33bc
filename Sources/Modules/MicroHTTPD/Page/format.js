// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** A number: one digit behind the point while it is small. */
export function number(value) {
  if (!Number.isFinite(value)) return "–";
  return (Math.abs(value) < 100 ? fine : whole).format(value);
}

/** A count of things with the right word behind it. */
export function count(value, one, many = `${one}s`) {
  return `${whole.format(value)} ${value === 1 ? one : many}`;
}

/** Seconds as the two largest units: "3 d 4 h". */
export function duration(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let left = Math.max(0, Math.floor(seconds));
  const words = [];
  for (const [name, size] of units) {
    if (left >= size && words.length < 2) {
      words.push(`${Math.floor(left / size)} ${name}`);
      left %= size;
    }
  }
  return words.join(" ") || "0 s";
}

/** Seconds since 1970 as local date and time; a dash for never. */
export function time(seconds) {
  return seconds > 0 ? new Date(seconds * 1000).toLocaleString() : "–";
}

/** Bytes in the unit that fits. */
export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let place = 0;
  while (value >= 1024 && place < units.length - 1) {
    value /= 1024;
    place += 1;
  }
  return `${number(value)} ${units[place]}`;
}
