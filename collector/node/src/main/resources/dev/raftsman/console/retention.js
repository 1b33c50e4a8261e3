// What was decided about data, what comes next, and why.

import { el, text, plain } from './text.js';
import { bytes, count, time, ago } from './format.js';
import { table, detail, when } from './table.js';

const WORDS = {
  archived: 'archived', truncated: 'truncated', expired: 'expired from the archive', held: 'held', snapshot: 'snapshot', dropped: 'snapshot dropped',
  frozen: 'deletion frozen', policies: 'policies declared', upload: 'is uploaded', delete: 'will be deleted', drop: 'snapshot will be dropped', undecided: 'nothing announced',
};

function show(row, announced) {
  const due = row.what === 'delete' || row.what === 'drop';
  detail(`${WORDS[row.what] ?? row.what}${row.stream ? `: ${row.stream}` : ''}`, [
    [due ? 'Not before' : row.what === 'undecided' ? 'Finished' : announced ? 'Announced' : 'When', `${time(row.atMillis)} (${ago(row.atMillis, Date.now())})`],
    ['Segment', row.segment],
    ['Events', row.events === undefined ? '' : count(row.events)],
    ['Bytes', row.bytes === undefined ? '' : bytes(row.bytes)],
    ['Reason', row.reason ?? (row.what === 'undecided' ? 'No decision about it is in the replicated tables yet.' : '')],
    ['Policy', row.policy],
    ['Version of the policies', row.version],
    ['Place', row.place],
  ]);
}

function columns(announced) {
  return [
    { title: announced ? 'Due or since' : 'When', sort: 'at', width: '13em', phone: '8.8em', cell: (td, r) => when(td, r.atMillis), key: (r) => r.atMillis },
    { title: 'What', sort: 'what', width: '12.5em', phone: '10.8em', cell: (td, r) => td.append(el('span', { class: `pill ${r.what}` }, WORDS[r.what] ?? plain(r.what))) },
    { title: 'Stream', sort: 'stream', width: '14em', opt: true, cell: (td, r) => td.append(text(r.stream ?? '–')) },
    { title: 'Bytes', sort: 'bytes', num: true, width: '6.5em', opt: true, text: (r) => (r.bytes === undefined ? '–' : bytes(r.bytes)) },
    { title: 'Reason', cell: (td, r) => td.append(text(r.reason ?? '–'), r.policy ? el('span', { class: 'dim' }, ' · policy ', text(r.policy)) : '') },
  ];
}

export function retention(context, parameters) {
  const state = el('dl', { class: 'facts' });
  let said = '';
  const unwatch = context.watch((now) => {
    const lease = now.lease;
    const acts = lease && lease.expiresAtMillis > now.nowMillis;
    const facts = [
      ['Archiver', !lease ? 'None ever took the lease: nobody decides about retention.' : acts ? `${lease.owner} acts.` : `${lease.owner} is silent; its lease ended at ${time(lease.expiresAtMillis)}.`, lease ? !acts : true],
      ['Policies', now.policies ? `Version ${now.policies.hash.slice(0, 12)}, declared by ${now.policies.by} at ${time(now.policies.atMillis)}${now.policies.actor ? `; ${now.policies.actor} acted on it last` : '; no archiver has acted on it yet'}.` : 'None are declared.', false],
      ['Deletion', now.freeze ? `Frozen since ${time(now.freeze.atMillis)}. ${now.freeze.by}: ${now.freeze.reason}` : 'Not frozen.', Boolean(now.freeze)],
      ['Archives', now.outages.length === 0 ? 'No outage is reported.' : now.outages.map((o) => `“${o.target}” cannot be reached since ${time(o.sinceMillis)}.`).join(' '), now.outages.length > 0],
    ];
    const key = JSON.stringify(facts);
    if (key === said) return;
    said = key;
    state.replaceChildren(...facts.flatMap(([name, words, bad]) => [el('dt', null, name), el('dd', { class: bad ? 'bad' : undefined }, text(words))]));
  });
  const filter = parameters.filter ?? '';
  const next = table({ caption: 'Announced decisions', path: 'console/pending', noun: 'segments and snapshots that wait', filter, columns: columns(true), open: (r) => show(r, true), empty: 'Nothing waits: every finished segment is archived or truncated.' });
  const last = table({ caption: 'Decisions that were taken', path: 'console/decisions', noun: 'decisions', filter, onFilter: (f) => context.remember({ filter: f }), columns: columns(false), open: (r) => show(r, false), empty: 'No decision has been taken yet.' });
  next.root.classList.add('low');
  return {
    parts: [el('h1', null, 'Retention'), state,
      el('section', { 'aria-labelledby': 'next' }, el('h2', { id: 'next' }, 'Next'), el('p', { class: 'note' }, 'Uploads and deletions that are announced in the replicated tables, soonest first, then finished segments about which nothing is announced. What the archiver will decide about those, and when, it works out from its own file of policies, which the collectors do not have: ', el('code', null, 'raftsman retention plan'), ' shows that.'), next.root),
      el('section', { 'aria-labelledby': 'last' }, el('h2', { id: 'last' }, 'Last'), el('p', { class: 'note' }, 'Newest first. Decisions about segments that are long gone are in the manifests of the archive only: ', el('code', null, 'raftsman retention history'), '.'), last.root)],
    close() {
      unwatch();
      next.close();
      last.close();
    },
  };
}
