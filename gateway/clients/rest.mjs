// A client of the public REST API: tokens, retries and errors, on the fetch of
// Node 18 and with nothing else.

import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

const RETRIED_STATUSES = new Set([429, 500, 502, 503, 504]);
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;

// What the API answered when it did not do as it was asked: a google.rpc.Status.
export class ApiError extends Error {
  constructor(httpStatus, status) {
    super(status.message ?? `HTTP ${httpStatus}`);
    this.httpStatus = httpStatus;
    // The google.rpc.Status in JSON: {code, message, details}.
    this.status = status;
  }
}

// Returns a UUID that is always the same for the same words, so that a program
// that starts over repeats its requests instead of making new ones.
export function requestIdOf(...words) {
  const bytes = createHash('sha256').update(words.join('\0')).digest();
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [
    hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20),
    hex.slice(20, 32),
  ].join('-');
}

// Returns how long to wait before retry number `attempt`, counted from 0. Half
// of it is chance, so that clients do not come back all at once.
function pauseMs(attempt) {
  const limit = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);
  return limit * (0.5 + Math.random() / 2);
}

// Returns the google.rpc.Status of an answer that is not OK.
async function errorOf(response) {
  const text = await response.text();
  try {
    const body = JSON.parse(text);
    return new ApiError(response.status, body.error ?? body);
  } catch {
    return new ApiError(response.status, {message: text.slice(0, 500)});
  }
}

// Yields the messages of a stream of JSON lines. Throws an ApiError if the server
// ends the stream with an error.
async function* messagesOf(body) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, {stream: true})).split('\n');
    rest = lines.pop();
    for (const line of lines.filter((line) => line !== '')) {
      const message = JSON.parse(line);
      if (message.error) throw new ApiError(200, message.error);
      yield message;
    }
  }
}

export class RestClient {
  // `url` is the address of the gateway. The token is read from `tokenFile`,
  // again whenever it is refused. A call that meets a suite that is down or busy
  // is repeated for `patienceMs`; `pause` waits in between.
  constructor({url, tokenFile, patienceMs = 120_000, pause = sleep}) {
    this.url = url.replace(/\/$/, '');
    this.tokenFile = tokenFile;
    this.patienceMs = patienceMs;
    this.pause = pause;
    this.retries = 0;
    this.readToken();
  }

  readToken() {
    const before = this.token;
    this.token = readFileSync(this.tokenFile, 'utf8').trim();
    return this.token !== before;
  }

  get(path, query = {}) {
    return this.call('GET', path, query);
  }

  // Writes are repeated too: pass a request id in `body`.
  post(path, body) {
    return this.call('POST', path, {}, body);
  }

  // Returns the parsed JSON answer. Throws an ApiError if the API refuses, or
  // the last error once patience is at its end.
  async call(method, path, query = {}, body = undefined) {
    const giveUp = Date.now() + this.patienceMs;
    for (let attempt = 0;; ++attempt) {
      try {
        const response = await this.send(method, path, {query, body});
        return await response.json();
      } catch (error) {
        if (!this.isWorthRetrying(error) || Date.now() > giveUp) throw error;
        this.retries += 1;
        await this.pause(pauseMs(attempt));
      }
    }
  }

  // Sends a request once and returns the fetch response, its body unread. Throws
  // an ApiError unless that is OK.
  async send(method, path, {query = {}, body, headers = {}, signal} = {}) {
    const url = new URL(this.url + path);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) url.searchParams.append(name, one);
    }
    const response = await fetch(url, {
      method,
      signal,
      headers: {
        ...headers,
        'authorization': `Bearer ${this.token}`,
        ...(body === undefined ? {} : {'content-type': 'application/json'}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  // Yields the resources of all pages of a list. `field` is where the answer
  // holds them, as `customers`.
  async * list(path, field, query = {}) {
    let pageToken = '';
    do {
      const page = await this.get(
          path, {pageSize: 1000, ...query, ...(pageToken ? {pageToken} : {})});
      yield* page[field] ?? [];
      pageToken = page.nextPageToken ?? '';
    } while (pageToken);
  }

  // Opens a server stream. Returns an async iterator of its messages, which come
  // as lines of JSON; `signal` ends it.
  async open(path, query, signal) {
    const {body} = await this.send('GET', path, {query, signal});
    return messagesOf(body);
  }

  isWorthRetrying(error) {
    if (!(error instanceof ApiError)) return !(error instanceof SyntaxError);
    if (error.httpStatus === 401) return this.readToken();
    const {details = []} = error.status;
    return RETRIED_STATUSES.has(error.httpStatus) ||
        details.some(({reason}) => reason === 'TRANSACTION_CONFLICT');
  }
}

// Runs `work` on each of `items`, `width` of them at a time. The first error
// ends it, once what is in flight has come back.
export async function forEachOf(items, width, work) {
  let next = 0;
  let failure = null;
  const lane = async () => {
    while (next < items.length && failure === null) {
      try {
        await work(items[next++]);
      } catch (error) {
        failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({length: width}, lane));
  if (failure !== null) throw failure;
}
