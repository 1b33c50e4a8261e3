// What came from a log, or names something, gets into the page here and as text only: no markup is ever made of it.

// Control characters, lone surrogates, and what moves or hides its neighbours: they are shown, not obeyed.
const HIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;
const RUN = new RegExp(HIDDEN.source + '+', 'gu');
const SHOWN = 4096;
const MORE = 16384;

function escaped(run) {
  let out = '';
  for (const c of run) {
    const code = c.codePointAt(0);
    out += code < 0x100 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16).padStart(4, '0');
  }
  return out;
}

/** An element with attributes and children; strings become text. */
export function el(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key === 'class') element.className = value;
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

function marked(parent, text, mark) {
  if (!mark) {
    parent.append(text);
    return;
  }
  const low = text.toLowerCase();
  // Where lower case has another length, places would not fit.
  if (low.length !== text.length) {
    parent.append(text);
    return;
  }
  let at = 0;
  for (let hit = low.indexOf(mark); hit >= 0; hit = low.indexOf(mark, at)) {
    parent.append(text.slice(at, hit), el('mark', null, text.slice(hit, hit + mark.length)));
    at = hit + mark.length;
  }
  parent.append(text.slice(at));
}

function piece(parent, text, lines, mark) {
  let at = 0;
  for (const match of text.matchAll(RUN)) {
    marked(parent, text.slice(at, match.index), mark);
    let rest = match[0];
    while (rest !== '') {
      const newline = rest.search(/[\n\t]/);
      const hidden = newline < 0 ? rest : rest.slice(0, newline);
      if (hidden !== '') parent.append(el('span', { class: 'esc' }, escaped(hidden)));
      if (newline >= 0) {
        const c = rest[newline];
        if (c === '\t') parent.append('\t');
        else parent.append(el('span', { class: 'esc' }, '↵'), lines ? '\n' : ' ');
      }
      rest = newline < 0 ? '' : rest.slice(newline + 1);
    }
    at = match.index + match[0].length;
  }
  marked(parent, text.slice(at), mark);
}

function cutAt(text, end) {
  const high = text.charCodeAt(end - 1);
  return end < text.length && high >= 0xd800 && high < 0xdc00 ? end - 1 : end;
}

/** Appends text that nobody trusts. Long text is cut, with a button for more. `lines` keeps its newlines. */
export function appendText(parent, value, { lines = false, mark = '' } = {}) {
  const text = String(value);
  let shown = cutAt(text, Math.min(text.length, SHOWN));
  const low = mark.toLowerCase();
  piece(parent, text.slice(0, shown), lines, low);
  if (shown === text.length) return parent;
  const more = el('button', { type: 'button', class: 'more' });
  const say = () => (more.textContent = `… ${(text.length - shown).toLocaleString('en')} more characters`);
  more.addEventListener('click', (event) => {
    event.stopPropagation();
    const end = cutAt(text, Math.min(text.length, shown + MORE));
    const next = document.createElement('span');
    piece(next, text.slice(shown, end), lines, low);
    more.before(next);
    shown = end;
    if (shown === text.length) more.remove();
    else say();
  });
  say();
  parent.append(more);
  return parent;
}

/** A span of such text on one line. */
export function text(value, className) {
  return appendText(el('bdi', { class: className }), value ?? '');
}

/** The same as a string, for attributes and cells that show nothing but text. */
export function plain(value, most = 300) {
  const all = String(value ?? '');
  const cut = all.length > most ? all.slice(0, cutAt(all, most)) + '…' : all;
  return cut.replace(RUN, escaped);
}
