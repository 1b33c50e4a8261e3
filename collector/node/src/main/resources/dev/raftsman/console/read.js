// One stream: followed as events come, or searched.

import { el, text, appendText } from './text.js';
import { bytes, count, counted, seconds } from './format.js';
import { get, lines, events, ServerError } from './server.js';

const MOST_SHOWN = 1000;
const MOST_CHARS = 4_000_000;
const LAST = 100;
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];
const PERIODS = [['', 'all that is hot'], ['15m', 'the last 15 minutes'], ['1h', 'the last hour'], ['6h', 'the last 6 hours'], ['24h', 'the last day'], ['between', 'between…']];
const MILLIS = { '15m': 900e3, '1h': 3600e3, '6h': 21600e3, '24h': 86400e3 };

let fields = 0;

function field(name, control, className) {
  control.id = `read-${++fields}`;
  return el('div', { class: `field ${className ?? ''}` }, el('label', { for: control.id }, name), control);
}

/** One item: an event, a line of a file, or a gap. */
function item(row, mark) {
  const li = el('li', { class: `item ${row.level ? `l-${row.level.toLowerCase()}` : ''}`, title: `offset ${row.offset}, ${row.producer}` });
  if (row.gap) {
    li.classList.add('gap');
    const where = row.gap.from === undefined ? 'that never had a number' : `${count(row.gap.from)} to ${count(row.gap.to)}`;
    li.append(el('span', { class: 'when' }, ''), el('span', { class: 'what' }, `${count(row.gap.count)} events are missing (${where}): `, text(row.gap.reason), ', producer ', text(row.producer)));
    return li;
  }
  const what = el('span', { class: 'what' });
  if (row.level) {
    li.append(el('time', { class: 'when', datetime: row.time, title: row.time }, String(row.time).slice(5, 23).replace('T', ' ').replace('Z', '')), el('span', { class: 'level' }, row.level));
    what.append(text(row.logger, 'logger'), ' ', el('span', { class: 'dim' }, '[', text(row.thread), '] '));
  } else li.classList.add('line');
  const message = el('bdi', { class: 'message' });
  appendText(message, row.message ?? '', { lines: true, mark });
  what.append(message);
  if (row.truncated) what.append(' ', el('span', { class: 'pill warn' }, 'cut by the appender'));
  if (row.lossy) what.append(' ', el('span', { class: 'pill' }, 'not all UTF-8'));
  for (const [name, value] of Object.entries(row.fields ?? {})) what.append(' ', el('span', { class: 'attr' }, text(name), '=', text(value)));
  if (row.throwable) {
    const trace = el('pre');
    const more = el('details', null, el('summary', null, text(row.throwable.split('\n', 1)[0].slice(0, 200))));
    more.addEventListener('toggle', () => {
      if (more.open && trace.childNodes.length === 0) appendText(trace, row.throwable, { lines: true, mark });
    });
    more.append(trace);
    what.append(more);
  }
  li.append(what);
  return li;
}

function size(row) {
  return (row.message?.length ?? 0) + (row.throwable?.length ?? 0) + 200;
}

export function read(context, parameters) {
  const stream = el('input', { type: 'text', list: 'read-streams', required: true, autocomplete: 'off', spellcheck: 'false', placeholder: 'tenant/stream', value: parameters.stream ?? '' });
  const options = el('datalist', { id: 'read-streams' });
  const needle = el('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', placeholder: 'text in messages', value: parameters.text ?? '', 'data-slash': true });
  const regex = el('input', { type: 'checkbox', checked: parameters.regex === '1' });
  const level = el('select', null, el('option', { value: '' }, 'any'), ...LEVELS.map((l) => el('option', { value: l }, `${l} or worse`)));
  level.value = LEVELS.includes(parameters.level) ? parameters.level : '';
  const period = el('select', null, ...PERIODS.map(([value, words]) => el('option', { value }, words)));
  const from = el('input', { type: 'datetime-local', step: '1' });
  const to = el('input', { type: 'datetime-local', step: '1' });
  if (parameters.from || parameters.to) {
    period.value = 'between';
    from.value = parameters.from ?? '';
    to.value = parameters.to ?? '';
  } else if (MILLIS[parameters.since]) period.value = parameters.since;
  const between = el('div', { class: 'between' }, field('From (UTC)', from), field('To (UTC)', to));
  between.hidden = period.value !== 'between';
  const live = el('button', { type: 'button', class: 'primary live' }, 'Follow live');
  const find = el('button', { type: 'submit' }, 'Search');
  const stop = el('button', { type: 'button', hidden: true, class: 'stop' }, 'Stop');
  const said = el('p', { class: 'said', role: 'status' });
  const wrong = el('p', { class: 'bad', role: 'alert', hidden: true });
  const list = el('ol', { class: 'items', tabindex: '0', 'aria-label': 'Events' });
  const hint = el('p', { class: 'hint' }, 'Choose a stream, then follow it live or search it.');
  const jump = el('button', { type: 'button', class: 'jump', hidden: true });
  const form = el('form', { class: 'query', 'aria-label': 'Which events' },
    field('Stream', stream, 'grow'), options, field('Text', needle, 'grow'), el('div', { class: 'field check' }, el('label', null, regex, ' regex')),
    field('Level', level), field('Period of a search', period), between, el('div', { class: 'field buttons' }, live, find, stop));
  let abort = null;
  let chars = 0;
  let waiting = [];
  let waitingChars = 0;
  let drawing = 0;
  let unseen = 0;
  let passed = 0;
  let atEnd = true;

  period.addEventListener('change', () => (between.hidden = period.value !== 'between'));

  // Names to choose from, as they are typed.
  let typing = 0;
  const offer = async () => {
    try {
      const page = await get('console/streams', { filter: stream.value.trim(), limit: 50, sort: 'name' });
      options.replaceChildren(...page.rows.map((row) => el('option', { value: `${row.tenant}/${row.stream}` })));
    } catch (e) {
      if (!(e instanceof ServerError)) throw e;
    }
  };
  stream.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(offer, 150);
  });
  offer();

  function name() {
    const at = stream.value.indexOf('/');
    if (at < 1 || at === stream.value.length - 1) return null;
    return [stream.value.slice(0, at).trim(), stream.value.slice(at + 1)];
  }

  function remember(more) {
    const p = { stream: stream.value, text: needle.value, regex: regex.checked ? '1' : '', level: level.value, ...more };
    if (period.value === 'between') Object.assign(p, { from: from.value, to: to.value });
    else p.since = period.value;
    context.remember(p);
  }

  function begin() {
    abort?.abort();
    abort = new AbortController();
    list.replaceChildren();
    hint.hidden = true;
    chars = 0;
    waiting = [];
    waitingChars = 0;
    unseen = 0;
    passed = 0;
    atEnd = true;
    jump.hidden = true;
    wrong.hidden = true;
    stop.hidden = false;
    return abort;
  }

  function end(of) {
    if (abort === of) {
      stop.hidden = true;
      list.classList.remove('following');
    }
  }

  function fail(words) {
    wrong.textContent = words;
    wrong.hidden = false;
  }

  function show(rows, mark) {
    for (const row of rows) {
      const li = item(row, mark);
      li.chars = size(row);
      chars += li.chars;
      list.append(li);
    }
  }

  function forget() {
    while (list.childElementCount > MOST_SHOWN || (chars > MOST_CHARS && list.childElementCount > 1)) {
      chars -= list.firstElementChild.chars;
      list.firstElementChild.remove();
    }
  }

  // A burst is drawn once a frame, and only as much of it as anybody could see.
  function draw() {
    drawing = 0;
    if (waiting.length === 0) return;
    const rows = waiting;
    waiting = [];
    waitingChars = 0;
    show(rows, '');
    if (atEnd) {
      forget();
      list.scrollTop = list.scrollHeight;
    } else {
      unseen += rows.length;
      jump.textContent = `${count(unseen)} new – go to the newest`;
      jump.hidden = false;
      if (list.childElementCount > 2 * MOST_SHOWN) {
        while (list.childElementCount > 2 * MOST_SHOWN) {
          chars -= list.lastElementChild.chars;
          list.lastElementChild.remove();
          passed++;
        }
      }
    }
  }

  list.addEventListener('scroll', () => {
    atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    if (atEnd && !jump.hidden) {
      jump.hidden = true;
      unseen = 0;
    }
  }, { passive: true });
  jump.addEventListener('click', () => {
    atEnd = true;
    jump.hidden = true;
    unseen = 0;
    forget();
    list.scrollTop = list.scrollHeight;
    list.focus();
  });

  function wanted(row) {
    if (row.gap) return true;
    if (level.value && LEVELS.indexOf(row.level) < LEVELS.indexOf(level.value)) return false;
    if (!needle.value) return true;
    const all = `${row.message}\n${row.throwable ?? ''}`;
    return pattern ? pattern.test(all) : all.includes(needle.value);
  }
  let pattern = null;

  async function follow() {
    const of = name();
    if (!of) {
      fail('Which stream? A name is tenant/stream.');
      stream.focus();
      return;
    }
    try {
      pattern = regex.checked && needle.value ? new RegExp(needle.value) : null;
    } catch (e) {
      fail(`This is no regular expression: ${e.message}`);
      needle.focus();
      return;
    }
    remember({ live: '1' });
    const mine = begin();
    list.classList.add('following');
    const path = `streams/${encodeURIComponent(of[0])}/${encodeURIComponent(of[1])}/events`;
    let last = null;
    let seen = 0;
    const tell = (state) => (said.textContent = `${state} ${stream.value}. ${count(seen)} events came${passed > 0 ? `; ${count(passed)} came too fast for this page and are not shown: raftsman tail shows all` : ''}.`);
    said.textContent = `Connecting to ${stream.value}…`;
    for (let pauseMillis = 500; !mine.signal.aborted;) {
      try {
        const opened = () => {
          pauseMillis = 500;
          wrong.hidden = true;
          tell('Following');
        };
        for await (const event of events(path, last ? { wait: '30s' } : { from: 'latest', last: LAST, wait: '30s' }, { signal: mine.signal, lastEventId: last, opened })) {
          last = event.id;
          const row = JSON.parse(event.data);
          seen++;
          if (wanted(row)) {
            waiting.push(row);
            waitingChars += size(row);
            while (waiting.length > MOST_SHOWN || (waitingChars > MOST_CHARS && waiting.length > 1)) {
              waitingChars -= size(waiting.shift());
              passed++;
            }
            drawing ||= requestAnimationFrame(draw);
          }
          if (seen % 50 === 1 || seen < 50) tell('Following');
        }
        tell('Following');
      } catch (e) {
        if (e.name === 'AbortError') break;
        if (!(e instanceof ServerError)) throw e;
        if (e.status === 410 && e.body?.trimmedAt) {
          fail(`Events before ${e.body.trimmedAt} left the collectors while this page was away (${String(e.body.state).toLowerCase()}).`);
          last = null;
        } else if (e.status === 404 || e.status === 400) {
          fail(e.message);
          break;
        } else {
          fail(`${e.message} Trying again…`);
        }
        await new Promise((done) => setTimeout(done, pauseMillis));
        pauseMillis = Math.min(10_000, pauseMillis * 2);
      }
    }
    if (abort === mine) said.textContent = `Stopped. ${count(seen)} events came.`;
    end(mine);
  }

  function span() {
    if (period.value === 'between') return { from: from.value ? `${from.value}Z` : '', to: to.value ? `${to.value}Z` : '' };
    return { from: MILLIS[period.value] ? new Date(Date.now() - MILLIS[period.value]).toISOString() : '' };
  }

  async function search() {
    const of = name();
    if (!of) {
      fail('Which stream? A name is tenant/stream.');
      stream.focus();
      return;
    }
    remember();
    const mine = begin();
    said.textContent = 'Searching…';
    try {
      let found = 0;
      let rows = [];
      let drawn = performance.now();
      const mark = regex.checked ? '' : needle.value;
      const flush = () => {
        show(rows, mark);
        rows = [];
        drawn = performance.now();
      };
      for await (const line of lines('search', { tenant: of[0], stream: of[1], text: needle.value, regex: regex.checked ? 'true' : '', level: level.value, limit: MOST_SHOWN, ...span() }, { signal: mine.signal, headers: { Accept: 'application/x-ndjson' } })) {
        if (line === '') continue;
        const row = JSON.parse(line);
        if (row.totals) {
          flush();
          const t = row.totals;
          said.textContent = `${count(t.matches)} found. Read ${count(t.blocksRead)} of ${count(t.blocks)} blocks (${bytes(t.bytesRead)}) in ${seconds(t.millis / 1000)}.`
            + (t.cut ? ` Cut: ${t.cut}. Narrow the search, or use raftsman grep.` : '')
            + (t.elsewhere > 0 ? ` ${counted(t.elsewhere, 'segment')} of this stream left this collector; raftsman grep reads the archive too.` : '');
        } else {
          rows.push(row);
          found++;
          if (performance.now() - drawn > 100) {
            flush();
            said.textContent = `Searching… ${count(found)} found.`;
          }
        }
      }
      flush();
      list.scrollTop = 0;
      if (found === 0) {
        hint.textContent = 'Nothing found among what this collector holds of this stream.';
        hint.hidden = false;
      }
    } catch (e) {
      if (e.name === 'AbortError') said.textContent = abort === mine ? 'Stopped.' : said.textContent;
      else if (e instanceof ServerError) {
        fail(e.message);
        said.textContent = '';
      } else throw e;
    } finally {
      end(mine);
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    search();
  });
  live.addEventListener('click', follow);
  stop.addEventListener('click', () => abort?.abort());
  if (parameters.stream && parameters.live === '1') follow();
  else if (parameters.stream && parameters.text) search();

  return {
    parts: [el('h1', null, 'Tail and search'), el('p', { class: 'note' }, 'This page reads what this collector holds. The archive is read by ', el('code', null, 'raftsman grep'), ' and ', el('code', null, 'raftsman cat'), '. Lines of files have no level and no time of their own.'), form, wrong, said, el('div', { class: 'log' }, list, hint, jump)],
    close() {
      abort?.abort();
      clearTimeout(typing);
      if (drawing) cancelAnimationFrame(drawing);
    },
  };
}
