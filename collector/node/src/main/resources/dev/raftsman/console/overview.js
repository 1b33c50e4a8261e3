// The cluster at a glance: what needs a person, who leads, how much comes in and how fast it is acknowledged.

import { el, text } from './text.js';
import { bytes, count, counted, short, millis, seconds, time, ago } from './format.js';
import { get, every } from './server.js';
import { plot } from './plot.js';

const SILENT_MILLIS = 5000;
const BEHIND_ENTRIES = 1000;
const LATE_SECONDS = 60;

/** What a person should look at, worst first: {bad, short, long, view}. */
export function troubles(now) {
  const bad = [];
  const warn = [];
  if (!now.leads) bad.push({ bad: true, short: 'No leader', long: `No leader is known to ${now.node}: nothing is acknowledged, agents keep what they have. A majority of the members must be up and reach each other.` });
  for (const n of now.nodes) {
    if (n.state === 'RETIRED') continue;
    if (n.trouble) bad.push({ bad: true, short: `${n.node} does not answer`, long: `${n.node} (${n.http}): ${n.trouble}.` });
    else if (n.silentMillis > SILENT_MILLIS) bad.push({ bad: true, short: `${n.node} is silent`, long: `The leader has not heard of ${n.node} for ${seconds(n.silentMillis / 1000)}.` });
    if (n.status?.disk === 'FULL') bad.push({ bad: true, short: `Disk full on ${n.node}`, long: `The disk of ${n.node} is full (${bytes(n.status.diskFreeBytes)} free): it takes nothing until there is space.` });
    else if (n.status?.disk === 'RESERVE') bad.push({ bad: true, short: `Disk reserve on ${n.node}`, long: `The disk of ${n.node} has only its reserve left (${bytes(n.status.diskFreeBytes)} free): while it leads, no blocks are taken.` });
    if (n.status?.waiting) warn.push({ short: `${n.node} waits`, long: `${n.node} does not vote: ${n.status.waiting}.` });
    if (n.damagedSegments > 0) warn.push({ short: `Damage on ${n.node}`, long: `${n.node} found ${counted(n.damagedSegments, 'damaged segment')} and fetches them from the others.` });
  }
  if (now.totals.conflictsRefused > 0) bad.push({ bad: true, short: 'Conflicts refused', long: `${count(now.totals.conflictsRefused)} blocks came again with other bytes: a producer used sequences twice.`, view: 'audit?sort=conflicts' });
  if (now.freeze) bad.push({ bad: true, short: 'Deletion is frozen', long: `Nothing is deleted since ${time(now.freeze.atMillis)}. ${now.freeze.by}: ${now.freeze.reason}. A person has to look, then: raftsman retention thaw.`, view: 'retention' });
  for (const outage of now.outages) bad.push({ bad: true, short: `Archive ${outage.target} out of reach`, long: `The archive “${outage.target}” cannot be reached since ${time(outage.sinceMillis)}: segments stay on the collectors.`, view: 'retention' });
  if (now.throttled > 0) bad.push({ bad: true, short: 'Streams are throttled', long: `${count(now.throttled)} streams take no blocks for a while, because their archive cannot be reached.`, view: 'streams' });
  if (now.lag?.lagSeconds > LATE_SECONDS) warn.push({ short: `${now.lag.agent} is behind`, long: `Agent ${now.lag.agent} is ${seconds(now.lag.lagSeconds)} behind with ${now.lag.stream} (${bytes(now.lag.lagBytes)}).`, view: 'agents' });
  if (now.restoring) warn.push({ short: 'Being restored', long: 'This cluster is being filled from an archive: producers wait.' });
  if (now.change && !now.change.done) warn.push({ short: 'Members change', long: `${now.change.verb} ${now.change.node}: ${now.change.phase}.` });
  else if (now.change?.error) warn.push({ short: 'A change failed', long: `${now.change.verb} ${now.change.node} failed (${now.change.phase}): ${now.change.error}.` });
  return [...bad, ...warn];
}

function nodeTable() {
  const body = el('tbody');
  const root = el('div', { class: 'rows plain', tabindex: '0', role: 'region', 'aria-label': 'Members of the cluster' }, el('table', { class: 'nodes' }, el('caption', { class: 'sr' }, 'Members of the cluster'),
    el('thead', null, el('tr', null, ...['Node', 'Role', 'Term', 'Applied', 'Committed', 'Behind', 'Heard', 'Disk free', 'Log', 'Waits for', 'Pages'].map((h, i) => el('th', { scope: 'col', class: i >= 2 && i <= 8 ? 'num' : undefined }, h)))), body));
  let before = '';
  return {
    root,
    show(now) {
      const key = JSON.stringify(now.nodes);
      if (key === before) return;
      before = key;
      const head = Math.max(0, ...now.nodes.map((n) => n.status?.commitIndex ?? 0));
      body.replaceChildren(...now.nodes.map((n) => {
        const s = n.status;
        const dead = Boolean(n.trouble) || !s;
        const role = n.state === 'RETIRED' ? 'retired' : !s ? (n.trouble ? 'no answer' : 'asking…') : n.trouble ? 'no answer' : s.role.toLowerCase();
        const behind = s ? Math.max(0, head - s.appliedIndex) : null;
        const heard = n.node === now.leads ? 'leads' : n.silentMillis < 0 ? '–' : seconds(n.silentMillis / 1000);
        const disk = s ? el('span', { class: s.disk === 'ENOUGH' ? undefined : 'bad' }, bytes(s.diskFreeBytes), s.disk === 'ENOUGH' ? '' : ` (${s.disk.toLowerCase()})`) : '–';
        const waits = s?.waiting || (n.trouble ? n.trouble : n.votes ? '' : 'not a member yet');
        return el('tr', { class: dead && n.trouble ? 'dead' : undefined },
          el('th', { scope: 'row' }, text(n.node), n.node === now.node ? el('span', { class: 'dim' }, ' (this one)') : ''),
          el('td', null, el('span', { class: `pill ${n.trouble ? 'bad' : s?.role === 'LEADER' ? 'good' : ''}` }, role)),
          el('td', { class: 'num' }, s ? count(s.term) : '–'),
          el('td', { class: 'num' }, s ? count(s.appliedIndex) : '–'),
          el('td', { class: 'num' }, s ? count(s.commitIndex) : '–'),
          el('td', { class: `num ${behind > BEHIND_ENTRIES ? 'bad' : ''}` }, behind === null ? '–' : count(behind)),
          el('td', { class: `num ${n.silentMillis > SILENT_MILLIS ? 'bad' : ''}` }, heard),
          el('td', { class: 'num' }, disk),
          el('td', { class: 'num' }, s ? bytes(s.raftLogBytes) : '–'),
          el('td', { class: n.trouble ? 'bad wide' : 'wide' }, waits ? text(waits) : '–'),
          el('td', null, n.http ? text(n.http) : '–'));
      }));
    },
  };
}

/** One line of samples out of those of all members: tables are the same everywhere, acknowledgements the leader's. */
function together(history, self) {
  const own = history.nodes.find((n) => n.node === self) ?? history.nodes[0];
  const samples = (own?.samples ?? []).map((s) => ({ ...s, ackP50Millis: s.acks > 0 ? s.ackP50Millis : null, ackP99Millis: s.acks > 0 ? s.ackP99Millis : null }));
  const half = history.intervalMillis / 2;
  for (const node of history.nodes) {
    if (node === own) continue;
    let at = 0;
    for (const s of node.samples) {
      if (s.acks === 0) continue;
      while (at < samples.length && samples[at].atMillis < s.atMillis - half) at++;
      const mine = samples[at];
      if (!mine || Math.abs(mine.atMillis - s.atMillis) > half) continue;
      mine.ackP50Millis = Math.max(mine.ackP50Millis ?? 0, s.ackP50Millis);
      mine.ackP99Millis = Math.max(mine.ackP99Millis ?? 0, s.ackP99Millis);
    }
  }
  return samples;
}

function tile(name, value, link, note) {
  return el('div', { class: 'tile' }, el('dt', null, link ? el('a', { href: link }, name) : name), el('dd', null, value, note ? el('span', { class: 'note' }, note) : ''));
}

export function overview(context) {
  const look = el('section', { 'aria-labelledby': 'look' });
  const nodes = nodeTable();
  const tiles = el('dl', { class: 'tiles' });
  const rate = (v) => `${bytes(v)}/s`;
  const plots = [
    plot({ title: 'Events stored, per second', series: [{ name: 'events', className: 'a', value: (s) => s.events }], format: short }),
    plot({ title: 'Bytes, per second', binary: true, series: [{ name: 'raw', className: 'a', value: (s) => s.rawBytes }, { name: 'kept', className: 'b', value: (s) => s.bytes }], format: rate }),
    plot({ title: 'Acknowledged by a majority after', series: [{ name: 'p50', className: 'a', value: (s) => s.ackP50Millis }, { name: 'p99', className: 'b', value: (s) => s.ackP99Millis }], format: millis, note: 'From a block’s arrival at the leader to its answer. Nothing is plotted while nothing comes in.' }),
    plot({ title: 'Kept by the collectors', binary: true, series: [{ name: 'hot', className: 'a', value: (s) => s.hotBytes }], format: bytes, note: 'Bytes of segments that are not archived or truncated.' }),
  ];
  let said = '';

  function show(now) {
    const found = troubles(now);
    const key = JSON.stringify(found);
    if (key !== said) {
      said = key;
      look.replaceChildren(el('h1', { id: 'look' }, found.length === 0 ? 'Nothing needs a person' : found.length === 1 ? 'One thing needs a look' : `${found.length} things need a look`),
        ...(found.length === 0 ? [] : [el('ul', { class: 'troubles' }, ...found.map((t) => el('li', { class: t.bad ? 'bad' : 'warn' }, text(t.long), t.view ? el('span', null, ' ', el('a', { href: `#/${t.view}` }, 'Show')) : '')))]));
    }
    nodes.show(now);
    const t = now.totals;
    const missing = t.gapEvents + t.lostEvents;
    tiles.replaceChildren(
      tile('Events', count(t.events), '#/audit', `${bytes(t.rawBytes)} raw`),
      tile('Declared missing', count(missing), '#/audit?sort=gaps', missing === 0 ? 'nothing is missing' : `${count(t.gapEvents)} in gaps, ${count(t.lostEvents)} never numbered`),
      tile('Streams', count(t.streams), '#/streams', `${count(t.openProducers)} producers open, ${count(t.producers)} in all`),
      tile('Hot', bytes(t.hotBytes), '#/streams?sort=hot', 'on the collectors'),
      tile('Archived', bytes(t.archivedBytes), '#/streams?sort=archived', 'verified in the archive'),
      tile('Truncated', bytes(t.truncatedBytes), '#/retention', 'given up, with a reason'),
      tile('Worst lag', now.lag?.stream ? seconds(now.lag.lagSeconds) : '–', '#/agents', now.lag?.stream ? `${now.lag.agent}, ${bytes(now.lag.lagBytes)}` : now.lag ? 'no agent reports any' : 'no agent is known'),
      tile('Archiver', now.lease ? (now.lease.expiresAtMillis > now.nowMillis ? 'acts' : 'silent') : 'never came', '#/retention', now.lease ? `${now.lease.owner}, lease ${now.lease.expiresAtMillis > now.nowMillis ? 'ends' : 'ended'} ${ago(now.lease.expiresAtMillis, now.nowMillis)}` : 'nobody decides about retention'),
    );
  }

  const unwatch = context.watch(show);
  const stop = every(5000, async (signal) => {
    const history = await get('console/history', null, signal);
    const samples = together(history, history.nodes[0]?.node);
    for (const p of plots) p.show(samples);
  });
  return {
    parts: [look, el('section', { 'aria-label': 'Members' }, nodes.root), el('section', { 'aria-label': 'Totals' }, tiles),
      el('section', { 'aria-label': 'The last 15 minutes', class: 'plots' }, ...plots.map((p) => p.root))],
    close() {
      unwatch();
      stop();
      for (const p of plots) p.close();
    },
  };
}
