// A table of which only the rows that are seen exist, however many there are. Rows come from the collector in pages of
// a hundred; a row that stays in sight keeps its element, so that focus and selection outlive a refresh.

import { el, text } from './text.js';
import { time } from './format.js';
import { get, every, ServerError } from './server.js';

const PAGE = 100;
const OVERSCAN = 8;
const REFRESH_MILLIS = 5000;
let tables = 0;

/**
 * @param caption what the table shows, for those who hear it
 * @param path of the list
 * @param columns {id, title, sort, width, phone, num, opt, cell(td, row), text(row)}; `sort` is the collector's word for it,
 *   `phone` the width there, `opt` not shown there
 * @param sort {key, desc} to begin with
 * @param noun what the rows are, as in "37 of 10,000 streams"
 * @param open called with a row that was clicked or entered
 */
export function table({ caption, path, parameters = {}, columns, sort, noun, open, filter = '', onFilter, rowHeight = 32, empty, onPage }) {
  const number = ++tables;
  const pages = new Map();
  const rows = new Map();
  let matching = null;
  let total = 0;
  let active = 0;
  let generation = 0;
  let order = sort ?? { key: '', desc: false };
  let needle = filter;
  let abort = new AbortController();

  const input = el('input', { type: 'search', id: `filter-${number}`, class: 'filter', value: filter, autocomplete: 'off', spellcheck: 'false', placeholder: 'Filter', 'data-slash': true });
  const said = el('output', { class: 'said', for: input.id });
  const trouble = el('p', { class: 'bad', role: 'alert', hidden: true });
  const cols = el('colgroup', null, ...columns.map((c) => {
    const col = el('col', { class: c.opt ? 'opt' : undefined });
    if (c.width) col.style.setProperty('--wide', c.width);
    if (c.phone) col.style.setProperty('--narrow', c.phone);
    return col;
  }));
  const heads = columns.map((c) => {
    const th = el('th', { scope: 'col', class: classes(c) });
    if (!c.sort) th.append(c.title);
    else th.append(el('button', { type: 'button', class: 'sort', onclick: () => sortBy(c) }, c.title, el('span', { class: 'arrow', 'aria-hidden': 'true' })));
    return th;
  });
  // One cell: spanning all columns it would bring back those that a phone hides, and they would take the names' place.
  const above = el('tr', { class: 'space', 'aria-hidden': 'true' }, el('td'));
  const below = el('tr', { class: 'space', 'aria-hidden': 'true' }, el('td'));
  const body = el('tbody', null, above, below);
  const grid = el('table', null, el('caption', { class: 'sr' }, caption), cols, el('thead', null, el('tr', null, ...heads)), body);
  const scroll = el('div', { class: 'rows', tabindex: '0', role: 'region', 'aria-label': caption }, grid);
  scroll.style.setProperty('--row', `${rowHeight}px`);
  const nothing = el('p', { class: 'empty', hidden: true });
  const bar = el('div', { class: 'bar' }, el('label', { class: 'sr', for: input.id }, `Filter ${noun}`), input, said);
  const root = el('div', { class: 'table' }, bar, trouble, scroll, nothing);

  function classes(c) {
    return [c.num ? 'num' : '', c.opt ? 'opt' : ''].join(' ').trim() || undefined;
  }

  function showOrder() {
    columns.forEach((c, i) => {
      const on = c.sort && c.sort === order.key;
      if (c.sort) heads[i].setAttribute('aria-sort', on ? (order.desc ? 'descending' : 'ascending') : 'none');
      const arrow = heads[i].querySelector('.arrow');
      if (arrow) arrow.textContent = on ? (order.desc ? '▼' : '▲') : '';
    });
  }

  function sortBy(column) {
    order = { key: column.sort, desc: column.sort === order.key ? !order.desc : Boolean(column.num) };
    showOrder();
    restart();
  }

  /** Other rows: what was asked for is not wanted any more. */
  function restart() {
    generation++;
    abort.abort();
    abort = new AbortController();
    pages.clear();
    active = 0;
    scroll.scrollTop = 0;
    load(0);
  }

  async function load(index) {
    if (pages.has(index)) return;
    pages.set(index, null);
    await fetchPage(index);
  }

  async function fetchPage(index) {
    const of = generation;
    try {
      const page = await get(path, { ...parameters, offset: index * PAGE, limit: PAGE, sort: order.key, order: order.key && order.desc ? 'desc' : '', filter: needle }, abort.signal);
      if (of !== generation) return;
      matching = page.matching;
      total = page.total;
      // Fewer rows than before: what is behind the end is not there.
      if (page.offset === index * PAGE) pages.set(index, page.rows);
      trouble.hidden = true;
      onPage?.(page);
      render();
    } catch (e) {
      if (e.name === 'AbortError' || of !== generation) return;
      if (pages.get(index) === null) pages.delete(index);
      if (!(e instanceof ServerError)) throw e;
      trouble.textContent = e.message;
      trouble.hidden = false;
    }
  }

  function rowAt(index) {
    return pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  function inView() {
    const height = Math.max(scroll.clientHeight, 400);
    const first = Math.max(0, Math.floor(scroll.scrollTop / rowHeight) - OVERSCAN);
    return [first, Math.min(matching ?? 0, first + Math.ceil(height / rowHeight) + 2 * OVERSCAN)];
  }

  function render() {
    if (matching === null) return;
    const [first, end] = inView();
    for (const [index, tr] of rows) {
      if (index < first || index >= end) {
        if (tr.contains(document.activeElement)) scroll.focus({ preventScroll: true });
        tr.remove();
        rows.delete(index);
      }
    }
    let after = above;
    for (let index = first; index < end; index++) {
      let tr = rows.get(index);
      if (!tr) {
        tr = el('tr', { 'aria-rowindex': index + 2, tabindex: '-1' }, ...columns.map((c) => el('td', { class: classes(c) })));
        tr.index = index;
        rows.set(index, tr);
        after.after(tr);
      }
      fill(tr, rowAt(index));
      tr.tabIndex = index === active ? 0 : -1;
      after = tr;
    }
    space(above, first);
    space(below, matching - end);
    grid.setAttribute('aria-rowcount', matching + 1);
    for (let page = Math.floor(first / PAGE); page * PAGE < end; page++) load(page);
    const of = total === matching ? '' : ` of ${total.toLocaleString('en')}`;
    said.textContent = `${matching.toLocaleString('en')}${of} ${noun}`;
    nothing.hidden = matching > 0;
    scroll.hidden = matching === 0;
    nothing.textContent = total === 0 ? (empty ?? `No ${noun} yet.`) : `No ${noun} with “${needle}”.`;
  }

  function space(tr, count) {
    tr.hidden = count <= 0;
    tr.firstChild.style.height = `${Math.max(0, count) * rowHeight}px`;
  }

  function fill(tr, row) {
    if (tr.row === row) return;
    tr.row = row;
    columns.forEach((c, i) => {
      const td = tr.children[i];
      if (!row) {
        td.textContent = i === 0 ? '…' : '';
        td.shown = undefined;
        return;
      }
      if (c.text) {
        const value = c.text(row);
        if (td.shown === value) return;
        td.shown = value;
        td.textContent = value;
      } else {
        const key = JSON.stringify(c.key ? c.key(row) : row);
        if (td.shown === key) return;
        td.shown = key;
        td.replaceChildren();
        c.cell(td, row);
      }
    });
  }

  function go(index) {
    if (!matching) return;
    active = Math.min(matching - 1, Math.max(0, index));
    const top = active * rowHeight;
    const head = grid.tHead.offsetHeight;
    if (top < scroll.scrollTop) scroll.scrollTop = top;
    else if (top + rowHeight + head > scroll.scrollTop + scroll.clientHeight) scroll.scrollTop = top + rowHeight + head - scroll.clientHeight;
    render();
    rows.get(active)?.focus({ preventScroll: true });
  }

  scroll.addEventListener('keydown', (event) => {
    if (event.target.tagName === 'BUTTON' || event.target.tagName === 'A') return;
    const page = Math.max(1, Math.floor(scroll.clientHeight / rowHeight) - 2);
    const from = event.target === scroll ? Math.ceil(scroll.scrollTop / rowHeight) - 1 : active;
    const to = { ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + page, PageUp: from - page, Home: 0, End: (matching ?? 1) - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      go(to);
    } else if (event.key === 'Enter' && rowAt(active) && event.target !== scroll) {
      event.preventDefault();
      open?.(rowAt(active));
    }
  });
  body.addEventListener('click', (event) => {
    const tr = event.target.closest('tr');
    if (!tr?.row || event.target.closest('a,button') || String(getSelection()) !== '') return;
    active = tr.index;
    open?.(tr.row);
  });
  let drawing = 0;
  scroll.addEventListener('scroll', () => {
    drawing ||= requestAnimationFrame(() => {
      drawing = 0;
      render();
    });
  }, { passive: true });
  let typing = 0;
  input.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      needle = input.value.trim();
      onFilter?.(needle);
      restart();
    }, 150);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      go(0);
    }
  });

  const size = new ResizeObserver(() => render());
  size.observe(scroll);
  showOrder();
  if (open) grid.classList.add('opens');
  const stop = every(REFRESH_MILLIS, async () => {
    const [first, end] = inView();
    const seen = [];
    for (let page = Math.floor(first / PAGE); page === 0 || page * PAGE < end; page++) seen.push(page);
    for (const page of [...pages.keys()]) if (!seen.includes(page)) pages.delete(page);
    await Promise.all(seen.map((page) => (pages.has(page) ? fetchPage(page) : load(page))));
  });

  return {
    root,
    input,
    close() {
      stop();
      abort.abort();
      size.disconnect();
      clearTimeout(typing);
    },
  };
}

/** A time in a cell; a phone has room for month and day, hour and minute. */
export function when(td, atMillis) {
  const words = time(atMillis);
  td.classList.add('when');
  if (words.length < 19) td.append(words);
  else td.append(el('span', { class: 'opt' }, words.slice(0, 5)), words.slice(5, 16), el('span', { class: 'opt' }, words.slice(16)));
}

/** Shows pairs of a name and a value, or a node, in a dialog. */
export function detail(title, pairs, ...more) {
  const dialog = document.getElementById('detail');
  const heading = document.getElementById('detail-title');
  heading.replaceChildren(text(title));
  const list = el('dl');
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === '') continue;
    list.append(el('dt', null, name), el('dd', null, value instanceof Node ? value : text(value)));
  }
  document.getElementById('detail-body').replaceChildren(list, ...more);
  if (!dialog.open) dialog.showModal();
}
