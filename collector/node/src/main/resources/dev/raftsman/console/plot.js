// Lines over the last quarter of an hour: inline SVG, axes with units, values by pointer and by arrow keys.

import { el } from './text.js';
import { clock } from './format.js';

const NS = 'http://www.w3.org/2000/svg';
const HEIGHT = 150;
const LEFT = 62;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 22;

function svg(name, attributes, ...children) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Steps of 1, 2, 5, or of powers of two for bytes, three or four of them up to the top. */
function ticks(most, binary) {
  if (!(most > 0)) return [0, 1];
  let step;
  if (binary) {
    const unit = 1024 ** Math.floor(Math.log(most) / Math.log(1024));
    const rough = most / unit / 3;
    step = unit * ([0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 400].find((s) => s >= rough) ?? 400);
  } else {
    const power = 10 ** Math.floor(Math.log10(most / 3));
    step = power * ([1, 2, 5, 10].find((s) => s * power >= most / 3) ?? 10);
  }
  const out = [];
  for (let at = 0; at < most + step; at += step) out.push(at);
  return out;
}

/**
 * @param title of what is plotted, with its unit
 * @param series [{name, className, value(sample)}], of which each value may be null
 * @param format of a value
 */
export function plot({ title, note, series, format, binary = false, spanMillis = 15 * 60_000 }) {
  const drawing = svg('svg', { height: HEIGHT, width: '100%', 'aria-hidden': 'true', focusable: 'false' });
  const latest = el('span', { class: 'latest' });
  const legend = el('span', { class: 'legend' }, ...(series.length > 1 ? series.map((s) => el('span', { class: `key ${s.className}` }, s.name)) : []));
  const handle = el('div', { class: 'plot-area', tabindex: '0', role: 'slider', 'aria-label': `${title}, last 15 minutes`, 'aria-valuemin': '0', 'aria-valuemax': '0', 'aria-valuenow': '0', 'aria-valuetext': 'no samples yet' }, drawing);
  const root = el('figure', { class: 'plot' }, el('figcaption', null, el('span', { class: 'title' }, title), legend, latest), handle, note ? el('p', { class: 'note' }, note) : '');
  let samples = [];
  let picked = null;
  let width = 0;
  let x = () => 0;
  let y = () => 0;

  function words(sample) {
    return series.map((s) => {
      const value = s.value(sample);
      const said = value === null || value === undefined ? 'none' : format(value);
      return series.length > 1 ? `${s.name} ${said}` : said;
    }).join(', ');
  }

  function draw() {
    width = handle.clientWidth || 300;
    const end = samples.length > 0 ? samples[samples.length - 1].atMillis : Date.now();
    const begin = end - spanMillis;
    let most = 0;
    for (const sample of samples) for (const s of series) most = Math.max(most, s.value(sample) ?? 0);
    const marks = ticks(most, binary);
    const top = marks[marks.length - 1];
    x = (at) => LEFT + ((at - begin) / spanMillis) * (width - LEFT - RIGHT);
    y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
    const parts = [];
    for (const mark of marks) {
      parts.push(svg('line', { class: 'rule', x1: LEFT, x2: width - RIGHT, y1: y(mark), y2: y(mark) }));
      parts.push(svg('text', { x: LEFT - 6, y: y(mark) + 4, 'text-anchor': 'end' }, format(mark)));
    }
    const every = width > 420 ? 3 : 5;
    for (let at = Math.ceil(begin / 60_000 / every) * every * 60_000; at <= end; at += every * 60_000) {
      parts.push(svg('line', { class: 'tick', x1: x(at), x2: x(at), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
      if (x(at) > LEFT + 8 && x(at) < width - RIGHT - 14) parts.push(svg('text', { x: x(at), y: HEIGHT - 5, 'text-anchor': 'middle' }, clock(at, false)));
    }
    for (const s of series) {
      let path = '';
      let last = 0;
      let alone = null;
      for (const sample of samples) {
        const value = s.value(sample);
        if (value === null || value === undefined || sample.atMillis < begin) continue;
        const joined = last > 0 && sample.atMillis - last <= 16_000;
        const place = `${x(sample.atMillis).toFixed(1)} ${y(value).toFixed(1)}`;
        if (!joined && alone) path += 'h1';
        path += `${joined ? 'L' : 'M'}${place}`;
        alone = !joined;
        last = sample.atMillis;
      }
      if (alone) path += 'h1';
      if (path) parts.push(svg('path', { class: `line ${s.className}`, d: path }));
    }
    if (picked !== null && samples[picked]) {
      const sample = samples[picked];
      parts.push(svg('line', { class: 'cross', x1: x(sample.atMillis), x2: x(sample.atMillis), y1: TOP, y2: HEIGHT - BOTTOM }));
      for (const s of series) {
        const value = s.value(sample);
        if (value !== null && value !== undefined) parts.push(svg('circle', { class: s.className, r: 3.5, cx: x(sample.atMillis), cy: y(value) }));
      }
    }
    drawing.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
    drawing.replaceChildren(...parts);
    say();
  }

  function say() {
    const at = picked ?? samples.length - 1;
    const sample = samples[at];
    if (!sample) {
      latest.textContent = 'no samples yet';
      return;
    }
    latest.textContent = picked === null ? words(sample) : `${clock(sample.atMillis)} · ${words(sample)}`;
    handle.setAttribute('aria-valuemax', String(Math.max(0, samples.length - 1)));
    handle.setAttribute('aria-valuenow', String(at));
    handle.setAttribute('aria-valuetext', `${clock(sample.atMillis)}: ${words(sample)}`);
  }

  function pick(index) {
    picked = index === null || samples.length === 0 ? null : Math.min(samples.length - 1, Math.max(0, index));
    draw();
  }

  handle.addEventListener('pointermove', (event) => {
    const at = event.clientX - handle.getBoundingClientRect().left;
    let best = null;
    samples.forEach((sample, i) => {
      if (best === null || Math.abs(x(sample.atMillis) - at) < Math.abs(x(samples[best].atMillis) - at)) best = i;
    });
    if (best !== picked) pick(best);
  });
  handle.addEventListener('pointerleave', () => pick(null));
  handle.addEventListener('blur', () => pick(null));
  handle.addEventListener('keydown', (event) => {
    const at = picked ?? samples.length - 1;
    const to = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, Home: 0, End: samples.length - 1, PageUp: at + 12, PageDown: at - 12 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      pick(to);
    } else if (event.key === 'Escape') pick(null);
  });
  const size = new ResizeObserver(() => {
    if (handle.clientWidth !== width) draw();
  });
  size.observe(handle);

  return {
    root,
    show(next) {
      const kept = picked === null ? null : samples[picked]?.atMillis;
      samples = next;
      const found = kept === null ? -1 : samples.findIndex((s) => s.atMillis === kept);
      picked = found < 0 ? null : found;
      draw();
    },
    close: () => size.disconnect(),
  };
}
