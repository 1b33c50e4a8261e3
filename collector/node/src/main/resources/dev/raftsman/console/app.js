// The frame: which view is shown, colours, how the cluster is, and the keys that work everywhere.

import { el } from './text.js';
import { clock } from './format.js';
import { get, every, ServerError } from './server.js';
import { overview, troubles } from './overview.js';
import { streams } from './streams.js';
import { agents } from './agents.js';
import { retention } from './retention.js';
import { read } from './read.js';
import { audit } from './audit.js';

const VIEWS = [
  ['overview', 'Overview', overview],
  ['streams', 'Streams', streams],
  ['agents', 'Agents', agents],
  ['retention', 'Retention', retention],
  ['read', 'Tail & search', read],
  ['audit', 'Audit', audit],
];

const main = document.getElementById('main');
let shown = null;
let close = () => {};
let cluster = null;
const listeners = new Set();

/** Address of a view. */
export function href(view, parameters) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters ?? {})) if (value) query.set(key, value);
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ''}`;
}

const context = {
  href,
  /** The last overview, and every one after it; returns what ends that. */
  watch(listener) {
    listeners.add(listener);
    if (cluster) listener(cluster);
    return () => listeners.delete(listener);
  },
  /** Keeps what is asked for in the address, so that it can be sent to somebody. */
  remember(parameters) {
    history.replaceState(null, '', href(shown, parameters));
  },
};

function route() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const found = VIEWS.find(([name]) => name === path) ?? VIEWS[0];
  const parameters = Object.fromEntries(new URLSearchParams(query ?? ''));
  close();
  const moved = shown !== null && shown !== found[0];
  shown = found[0];
  document.title = `${found[1]} – Raftsman`;
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.hash === `#/${shown}`) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const view = found[2](context, parameters);
  close = view.close;
  main.replaceChildren(...view.parts);
  if (moved) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

for (const [name, title] of VIEWS) document.getElementById('nav').append(el('li', null, el('a', { href: `#/${name}` }, title)));

const theme = document.getElementById('theme');
theme.value = localStorage.getItem('raftsman.theme') ?? '';
theme.addEventListener('change', () => {
  localStorage.setItem('raftsman.theme', theme.value);
  document.documentElement.dataset.theme = theme.value;
});
document.documentElement.dataset.theme = theme.value;

document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.('input,select,textarea,dialog')) return;
  const field = main.querySelector('[data-slash]');
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select?.();
});
document.getElementById('detail-close').addEventListener('click', () => document.getElementById('detail').close());
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});

const health = document.getElementById('health');
function say(className, words) {
  if (health.textContent !== words) health.textContent = words;
  health.className = className;
}

every(2000, async (signal) => {
  try {
    cluster = await get('console/overview', null, signal);
  } catch (e) {
    if (e instanceof ServerError) {
      say('bad', 'No answer from this collector');
      document.getElementById('asof').classList.add('stale');
    }
    throw e;
  }
  document.getElementById('cluster').textContent = cluster.cluster;
  const asof = document.getElementById('asof');
  asof.classList.remove('stale');
  asof.textContent = `As ${cluster.node} knows it at ${clock(cluster.nowMillis)}.`;
  const found = troubles(cluster);
  const worst = found.find((t) => t.bad) ?? found[0];
  if (!worst) say('good', 'All is well');
  else say(worst.bad ? 'bad' : 'warn', worst.short);
  for (const listener of listeners) listener(cluster);
});

addEventListener('hashchange', route);
route();
