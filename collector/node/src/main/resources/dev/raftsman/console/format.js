// Numbers and times for people. Bytes in powers of 1024, times in UTC.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const NONE = '–';

export function bytes(value) {
  if (value === null || value === undefined) return NONE;
  let unit = 0;
  let n = value;
  while (Math.abs(n) >= 1024 && unit < UNITS.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 || n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(1)} ${UNITS[unit]}`;
}

export function count(value) {
  return value === null || value === undefined ? NONE : Math.round(value).toLocaleString('en');
}

/** 1 segment, 2 segments */
export function counted(value, one) {
  return `${count(value)} ${one}${value === 1 ? '' : 's'}`;
}

/** Few digits: 12.3 k, 4.5 M. */
export function short(value) {
  if (value < 1000) return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
  for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']]) {
    if (value >= size) return `${(value / size).toFixed(value / size >= 100 ? 0 : 1)} ${unit}`;
  }
  return String(value);
}

export function millis(value) {
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return value >= 10 ? `${Math.round(value)} ms` : `${value.toFixed(1)} ms`;
}

export function seconds(value) {
  if (value === null || value === undefined) return NONE;
  if (value < 60) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  if (value < 172800) return `${Math.floor(value / 3600)} h ${Math.floor((value % 3600) / 60)} min`;
  return `${Math.floor(value / 86400)} d ${Math.floor((value % 86400) / 3600)} h`;
}

/** 2026-11-30 06:45:12 */
export function time(atMillis) {
  if (!atMillis || !Number.isFinite(atMillis) || Math.abs(atMillis) > 8.64e15) return NONE;
  return new Date(atMillis).toISOString().slice(0, 19).replace('T', ' ');
}

export function clock(atMillis, withSeconds = true) {
  return new Date(atMillis).toISOString().slice(11, withSeconds ? 19 : 16);
}

/** How long ago, or in how long. */
export function ago(atMillis, nowMillis) {
  const away = (nowMillis - atMillis) / 1000;
  return away >= 0 ? `${seconds(away)} ago` : `in ${seconds(-away)}`;
}
