// Asks the collector that served this page. The token, if it wants one, lives as long as the tab.

const BASE = new URL('../v1/', document.baseURI);
const KEY = 'raftsman.token';

/** An answer that is none; its message is for people. */
export class ServerError extends Error {
  constructor(message, status = 0, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

let asking = null;

function askToken(wrong) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById('ask');
    const input = document.getElementById('ask-token');
    document.getElementById('ask-wrong').textContent = wrong ? 'The collector does not take this token.' : '';
    input.value = '';
    // Without a token there is nothing to show; a browser that is told Escape twice closes it all the same.
    dialog.onclose = () => {
      if (asking !== null && !dialog.open) dialog.showModal();
    };
    document.getElementById('ask-form').onsubmit = (event) => {
      event.preventDefault();
      if (/[^\x21-\x7e]/.test(input.value)) {
        document.getElementById('ask-wrong').textContent = 'A token has visible ASCII characters only.';
        return;
      }
      sessionStorage.setItem(KEY, input.value);
      asking = null;
      dialog.close();
      resolve();
    };
    dialog.showModal();
  });
  return asking;
}

async function send(url, options) {
  for (;;) {
    const used = sessionStorage.getItem(KEY);
    const headers = { ...options.headers };
    if (used) headers.Authorization = `Bearer ${used}`;
    let response;
    try {
      response = await fetch(url, { ...options, headers, cache: 'no-store', credentials: 'omit' });
    } catch (e) {
      if (e.name === 'AbortError') throw e;
      throw new ServerError('This collector does not answer.');
    }
    if (response.status !== 401) return response;
    // Another request may have asked meanwhile.
    if (used === sessionStorage.getItem(KEY)) await askToken(used !== null);
  }
}

async function refuse(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Its status says enough.
  }
  throw new ServerError(body?.error ?? `The collector answers ${response.status}.`, response.status, body);
}

function address(path, parameters) {
  const url = new URL(path, BASE);
  for (const [key, value] of Object.entries(parameters ?? {})) {
    if (value !== '' && value !== null && value !== undefined) url.searchParams.set(key, value);
  }
  return url;
}

/** One JSON value. */
export async function get(path, parameters, signal) {
  const response = await send(address(path, parameters), { signal, headers: { Accept: 'application/json' } });
  return response.ok ? response.json() : refuse(response);
}

/** The lines of an answer, each as soon as it is there; calls `opened` when the answer begins. */
export async function* lines(path, parameters, { signal, headers, opened } = {}) {
  const response = await send(address(path, parameters), { signal, headers: headers ?? {} });
  if (!response.ok) await refuse(response);
  opened?.();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let parts = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        if (parts.length > 0) yield parts.join('');
        return;
      }
      let at = 0;
      for (let end = value.indexOf('\n'); end >= 0; end = value.indexOf('\n', at)) {
        parts.push(value.slice(at, end));
        yield parts.join('');
        parts = [];
        at = end + 1;
      }
      if (at < value.length) parts.push(value.slice(at));
    }
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    throw new ServerError('The connection to the collector broke.');
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Server-sent events: what EventSource does, with a token. */
export async function* events(path, parameters, { signal, lastEventId, opened } = {}) {
  const headers = { Accept: 'text/event-stream' };
  if (lastEventId) headers['Last-Event-ID'] = lastEventId;
  let id = null;
  let data = [];
  for await (const line of lines(path, parameters, { signal, headers, opened })) {
    if (line === '') {
      if (data.length > 0) yield { id, data: data.join('\n') };
      data = [];
    } else if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
}

/** Calls `work` now and again, while the page is seen; a slow answer is never asked for twice. Returns a stop. */
export function every(millis, work) {
  const abort = new AbortController();
  let timer = 0;
  let running = false;
  const step = async () => {
    clearTimeout(timer);
    if (running || abort.signal.aborted) return;
    if (!document.hidden) {
      running = true;
      try {
        await work(abort.signal);
      } catch (e) {
        if (e.name !== 'AbortError' && !(e instanceof ServerError)) throw e;
      } finally {
        running = false;
      }
    }
    if (!abort.signal.aborted) timer = setTimeout(step, millis);
  };
  document.addEventListener('visibilitychange', step, { signal: abort.signal });
  step();
  return () => {
    abort.abort();
    clearTimeout(timer);
  };
}
