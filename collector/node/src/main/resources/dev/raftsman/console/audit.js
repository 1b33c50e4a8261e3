// Per producer: what was received, what is missing and why, what came twice, what is archived.

import { el, text } from './text.js';
import { count, counted, time } from './format.js';
import { get, ServerError } from './server.js';
import { table, detail } from './table.js';

const KEYS = ['producer', 'stream', 'state', 'received', 'gaps', 'lost', 'duplicates', 'conflicts', 'archived', 'opened'];
const REASONS = {
  RING_FULL: 'the ring was full and its policy is to drop', QUOTA: 'the write-ahead log had reached its quota, or its disk the reserve', FILTERED: 'left out by a filter, on purpose',
  PROCESS_DIED: 'the process died before they were written', DAMAGED: 'the write-ahead log was damaged', CLUSTER_LOSS: 'acknowledged, then lost with the whole cluster', UNENCODABLE: 'could not be encoded',
};
const STATES = { OPEN: 'open', ABANDONED: 'its producer did not come back', CLOSED: 'complete', FORGOTTEN: 'complete, and gone from its host' };

async function losses(row, into) {
  try {
    const page = await get('console/losses', { epoch: row.epoch });
    const parts = [el('h3', null, 'Why events are missing')];
    if (page.losses.length > 0) {
      parts.push(el('div', { class: 'rows plain', tabindex: '0', role: 'region', 'aria-label': 'Gaps and losses' }, el('table', null,
        el('thead', null, el('tr', null, ...['Events', 'Sequences', 'Reason', 'Declared at'].map((h, i) => el('th', { scope: 'col', class: i === 0 ? 'num' : undefined }, h)))),
        el('tbody', null, ...page.losses.map((l) => el('tr', null, el('td', { class: 'num' }, count(l.count)),
          el('td', null, l.kind === 'gap' ? `${count(l.sequence)} to ${count(l.sequence + l.count - 1)}` : `none; before ${count(l.sequence)}`),
          el('td', { class: 'wide' }, `${l.reason}: ${REASONS[l.reason] ?? ''}`), el('td', null, time(l.atMillis))))))));
    }
    if (page.elsewhere > 0) parts.push(el('p', { class: 'note' }, `${counted(page.elsewhere, 'segment')} with declarations left this collector: raftsman audit reads them in the archive.`));
    if (page.cut) parts.push(el('p', { class: 'note' }, 'There may be more than this; raftsman audit reads everything.'));
    if (page.losses.length === 0 && page.elsewhere === 0) parts.push(el('p', { class: 'note' }, 'They were declared when the producer closed, or by segments whose rows are gone: raftsman audit reads everything.'));
    into.replaceChildren(...parts);
  } catch (e) {
    if (!(e instanceof ServerError)) throw e;
    into.replaceChildren(el('p', { class: 'bad' }, e.message));
  }
}

function open(row) {
  const missing = row.gapEvents + row.lostEvents;
  const into = el('div');
  const unplaced = row.last + 1 - row.hot - row.archived - row.truncated;
  detail(`${row.producer}, epoch ${row.epoch}`, [
    ['Stream', `${row.tenant}/${row.stream}`],
    ['Incarnation', row.incarnation],
    ['State', STATES[row.state] ?? row.state],
    ['Opened', time(row.openedAtMillis)],
    ['Closed', row.closedAtMillis ? time(row.closedAtMillis) : 'not yet'],
    ['Sequences used', count(row.last + 1)],
    ['Received', `${count(row.events)} events`],
    ['In gaps', `${count(row.gapEvents)} sequences that hold no event`],
    ['Lost', `${count(row.lostEvents)} events that never had a sequence`],
    ['Duplicates refused', `${count(row.duplicatesRefused)} blocks that came again`],
    ['Conflicts refused', row.conflictsRefused === 0 ? 'none' : el('span', { class: 'bad' }, `${count(row.conflictsRefused)} blocks came again with other bytes: an alarm`)],
    ['On the collectors', `${count(row.hot)} sequences`],
    ['Archived and verified', `${count(row.archived)} sequences`],
    ['Truncated', `${count(row.truncated)} sequences`],
    ['In segments whose rows are gone', unplaced > 0 ? `${count(unplaced)} sequences` : ''],
  ], into, el('p', { class: 'note' }, 'From the replicated tables, which this page trusts. What is still on the host only its agent knows. ', el('code', null, 'raftsman audit'), ' reads every block instead and proves it.'));
  if (missing > 0) {
    into.append(el('p', { class: 'dim' }, 'Looking for the reasons…'));
    losses(row, into);
  }
}

export function audit(context, parameters) {
  const sort = KEYS.includes(parameters.sort) ? { key: parameters.sort, desc: true } : { key: 'opened', desc: true };
  const list = table({
    caption: 'Producers with what was received, missing, refused and archived',
    path: 'console/audit',
    noun: 'epochs of producers',
    sort,
    filter: parameters.filter ?? '',
    onFilter: (filter) => context.remember({ filter }),
    open,
    empty: 'No producer yet.',
    columns: [
      { title: 'Producer', sort: 'producer', cell: (td, r) => td.append(text(r.producer, 'name'), el('span', { class: 'dim' }, ` #${r.epoch}`)) },
      { title: 'Stream', sort: 'stream', opt: true, cell: (td, r) => td.append(el('span', { class: 'dim' }, `${r.tenant}/`), text(r.stream)) },
      { title: 'State', sort: 'state', width: '7.5em', opt: true, cell: (td, r) => td.append(el('span', { class: `pill ${r.state.toLowerCase()}` }, r.state.toLowerCase())), key: (r) => r.state },
      { title: 'Received', sort: 'received', num: true, width: '7.5em', phone: '6.2em', text: (r) => count(r.events) },
      { title: 'In gaps', sort: 'gaps', num: true, width: '6em', phone: '5.2em', cell: (td, r) => td.append(el('span', { class: r.gapEvents > 0 ? 'warn' : 'dim' }, count(r.gapEvents))), key: (r) => r.gapEvents },
      { title: 'Lost', sort: 'lost', num: true, width: '5em', opt: true, cell: (td, r) => td.append(el('span', { class: r.lostEvents > 0 ? 'warn' : 'dim' }, count(r.lostEvents))), key: (r) => r.lostEvents },
      { title: 'Duplicates', sort: 'duplicates', num: true, width: '7.5em', opt: true, cell: (td, r) => td.append(el('span', { class: r.duplicatesRefused > 0 ? '' : 'dim' }, count(r.duplicatesRefused))), key: (r) => r.duplicatesRefused },
      { title: 'Conflicts', sort: 'conflicts', num: true, width: '7em', opt: true, cell: (td, r) => td.append(el('span', { class: r.conflictsRefused > 0 ? 'bad' : 'dim' }, count(r.conflictsRefused))), key: (r) => r.conflictsRefused },
      { title: 'Archived', sort: 'archived', num: true, width: '8em', opt: true, text: (r) => count(r.archived) },
      { title: 'Opened', sort: 'opened', num: true, width: '13em', opt: true, text: (r) => time(r.openedAtMillis) },
    ],
  });
  return {
    parts: [el('h1', null, 'Audit'), el('p', { class: 'note' }, 'Every incarnation of every producer: each sequence it used is an event that was received, or is declared in a gap. Enter on a row tells why events are missing.'), list.root],
    close: list.close,
  };
}
