// Agents, and how far behind each is with each of its streams.

import { el, text } from './text.js';
import { bytes, seconds, time, ago } from './format.js';
import { table, detail } from './table.js';

const LATE_SECONDS = 60;

export function agents(context, parameters) {
  const said = el('p', { class: 'note', role: 'status' });
  const list = table({
    caption: 'Agents with their lag for each stream',
    path: 'console/agents',
    noun: 'reports of agents',
    sort: { key: 'seconds', desc: true },
    filter: parameters.filter ?? '',
    onFilter: (filter) => context.remember({ filter }),
    empty: 'The leader has no agent to show: none is connected to it, or it has just begun to lead.',
    onPage(page) {
      said.textContent = page.asOfMillis === 0
        ? (page.trouble ? `The leader could not be asked: ${page.trouble}.` : 'Asking the leader…')
        : `Agents are connected to the leader; what it said at ${time(page.asOfMillis)}.${page.trouble ? ` Since then it could not be asked: ${page.trouble}.` : ''} What an agent that is not connected holds back only its own metrics tell.`;
    },
    open: (r) => detail(`${r.tenant}/${r.agent}`, [
      ['Address', r.address],
      [r.connected ? 'Connected since' : 'Left; was connected from', time(r.connectedSince)],
      ['Stream', r.stream ?? 'none reported'],
      ['Behind', r.stream ? `${bytes(r.lagBytes)}; the oldest unacknowledged event is ${seconds(r.lagSeconds)} old` : ''],
      ['As it said at', r.stream ? `${time(r.asOfMillis)} (${ago(r.asOfMillis, Date.now())})` : ''],
    ]),
    columns: [
      { title: 'Agent', sort: 'agent', cell: (td, r) => td.append(el('span', { class: 'dim opt' }, `${r.tenant}/`), text(r.agent, 'name'), r.connected ? '' : el('span', { class: 'pill warn' }, 'left')) },
      { title: 'Stream', sort: 'stream', cell: (td, r) => td.append(r.stream ? text(r.stream) : el('span', { class: 'dim' }, 'none reported')) },
      { title: 'Lag', sort: 'bytes', num: true, width: '7em', phone: '5.5em', text: (r) => (r.stream ? bytes(r.lagBytes) : '–') },
      { title: 'Oldest', sort: 'seconds', num: true, width: '8em', phone: '6.6em', cell: (td, r) => td.append(el('span', { class: r.lagSeconds > LATE_SECONDS ? 'bad' : '' }, r.stream ? seconds(r.lagSeconds) : '–')), key: (r) => [r.stream, r.lagSeconds] },
      { title: 'Address', sort: 'address', width: '12em', opt: true, text: (r) => r.address },
      { title: 'Connected since', sort: 'since', num: true, width: '13em', opt: true, text: (r) => time(r.connectedSince) },
    ],
  });
  return { parts: [el('h1', null, 'Agents'), said, list.root], close: list.close };
}
