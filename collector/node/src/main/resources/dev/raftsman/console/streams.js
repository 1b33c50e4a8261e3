// Streams and where their bytes are.

import { el, text } from './text.js';
import { bytes, count, counted, time } from './format.js';
import { get, ServerError } from './server.js';
import { table, detail } from './table.js';

const KEYS = ['name', 'events', 'losses', 'raw', 'hot', 'archived', 'truncated', 'segments', 'last'];

/** A bar of the shares of three tiers; its words stand beside it. */
function tiers(row) {
  const all = row.hotBytes + row.archivedBytes + row.truncatedBytes;
  const bar = el('span', { class: 'tiers', 'aria-hidden': 'true' });
  for (const [name, value] of [['hot', row.hotBytes], ['archived', row.archivedBytes], ['truncated', row.truncatedBytes]]) {
    if (value === 0) continue;
    const part = el('span', { class: name });
    part.style.flexGrow = String(Math.max(0.02, value / all));
    bar.append(part);
  }
  return bar;
}

async function segments(row, into) {
  try {
    const page = await get('console/segments', { stream: row.number, sort: 'opened', order: 'desc', limit: 100 });
    into.replaceChildren(
      el('h3', null, `Segments${page.matching > page.rows.length ? `, the newest ${page.rows.length} of ${count(page.matching)}` : ''}`),
      el('div', { class: 'rows plain', tabindex: '0', role: 'region', 'aria-label': 'Segments' }, el('table', null,
        el('thead', null, el('tr', null, ...['Segment', 'State', 'Events', 'Bytes', 'Opened', 'Last decision'].map((h, i) => el('th', { scope: 'col', class: i === 2 || i === 3 ? 'num' : undefined }, h)))),
        el('tbody', null, ...page.rows.map((s) => el('tr', null, el('th', { scope: 'row' }, text(s.id)), el('td', null, el('span', { class: `pill ${s.state.toLowerCase()}` }, s.state.toLowerCase())),
          el('td', { class: 'num' }, count(s.events)), el('td', { class: 'num' }, bytes(s.bytes)), el('td', null, time(s.openedAtMillis)), el('td', { class: 'wide' }, s.reason ? text(s.reason) : 'none yet')))))));
  } catch (e) {
    if (!(e instanceof ServerError)) throw e;
    into.replaceChildren(el('p', { class: 'bad' }, e.message));
  }
}

function open(context, row) {
  const into = el('div', null, el('p', { class: 'dim' }, 'Looking at its segments…'));
  const name = `${row.tenant}/${row.stream}`;
  const go = (view, words, parameters) => el('a', { class: 'button', href: context.href(view, parameters), onclick: () => document.getElementById('detail').close() }, words);
  detail(name, [
    ['Events', `${count(row.events)}, ${bytes(row.rawBytes)} raw`],
    ['Missing', row.gapEvents + row.lostEvents === 0 ? 'nothing' : `${count(row.gapEvents)} in gaps, ${count(row.lostEvents)} lost before they had a number`],
    ['On the collectors', `${bytes(row.hotBytes)} in ${count(row.hotSegments)} of ${counted(row.segments, 'segment')}`],
    ['Archived', bytes(row.archivedBytes)],
    ['Truncated', bytes(row.truncatedBytes)],
    ['Events from', time(row.firstNanos / 1e6)],
    ['to', time(row.lastNanos / 1e6)],
    ['Producers', count(row.producers)],
    ['To be deleted', row.marked ? counted(row.marked, 'segment') : ''],
    ['Held', row.held ? counted(row.held, 'segment') : ''],
    ['Takes no blocks', row.throttled],
    ['Labels', row.labels ? Object.entries(row.labels).map(([k, v]) => `${k}=${v}`).join(', ') : ''],
  ], el('p', { class: 'actions' }, go('read', 'Follow it live', { stream: name, live: '1' }), go('read', 'Search it', { stream: name }), go('audit', 'Audit its producers', { filter: name }), go('retention', 'Decisions about it', { filter: name })), into);
  segments(row, into);
}

export function streams(context, parameters) {
  const sort = KEYS.includes(parameters.sort) ? { key: parameters.sort, desc: parameters.sort !== 'name' } : { key: 'name', desc: false };
  const list = table({
    caption: 'Streams with their events and bytes',
    path: 'console/streams',
    noun: 'streams',
    sort,
    filter: parameters.filter ?? '',
    onFilter: (filter) => context.remember({ filter }),
    open: (row) => open(context, row),
    empty: 'No stream yet: the first block of a producer opens one.',
    columns: [
      { title: 'Stream', sort: 'name', cell: (td, r) => td.append(el('span', { class: 'dim' }, `${r.tenant}/`), text(r.stream, 'name'), r.throttled ? el('span', { class: 'pill bad' }, 'throttled') : '', r.held ? el('span', { class: 'pill' }, 'held') : '', r.marked ? el('span', { class: 'pill warn' }, 'to be deleted') : '') },
      { title: 'Events', sort: 'events', num: true, width: '7.5em', text: (r) => count(r.events) },
      { title: 'Missing', sort: 'losses', num: true, width: '6.5em', opt: true, cell: (td, r) => td.append(el('span', { class: r.gapEvents + r.lostEvents > 0 ? 'warn' : 'dim' }, count(r.gapEvents + r.lostEvents))), key: (r) => r.gapEvents + r.lostEvents },
      { title: 'Tiers', width: '6em', opt: true, cell: (td, r) => td.append(tiers(r)), key: (r) => [r.hotBytes, r.archivedBytes, r.truncatedBytes] },
      { title: 'Hot', sort: 'hot', num: true, width: '6.5em', text: (r) => bytes(r.hotBytes) },
      { title: 'Archived', sort: 'archived', num: true, width: '7em', opt: true, text: (r) => bytes(r.archivedBytes) },
      { title: 'Truncated', sort: 'truncated', num: true, width: '7.5em', opt: true, text: (r) => bytes(r.truncatedBytes) },
      { title: 'Raw', sort: 'raw', num: true, width: '6.5em', opt: true, text: (r) => bytes(r.rawBytes) },
      { title: 'Segments', sort: 'segments', num: true, width: '7em', opt: true, text: (r) => count(r.segments) },
      { title: 'Last event', sort: 'last', num: true, width: '13em', opt: true, text: (r) => time(r.lastNanos / 1e6) },
    ],
  });
  return { parts: [el('h1', null, 'Streams'), list.root, el('p', { class: 'note key-line' }, el('span', { class: 'tiers-key hot' }, 'hot: on the collectors'), el('span', { class: 'tiers-key archived' }, 'archived: verified in the archive'), el('span', { class: 'tiers-key truncated' }, 'truncated: given up with a reason'))], close: list.close };
}
