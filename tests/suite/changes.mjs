// Reads what /v1/changes:watch tells.

import {until} from './process.mjs';

// Returns the JSON messages of a stream: of lines, or of server-sent events.
async function* messagesOf(response) {
  const isEvents =
      response.headers.get('content-type').startsWith('text/event-stream');
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, {stream: true})).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const text = isEvents ? line.replace(/^data: ?/, '') : line;
      if (!text.startsWith('{')) continue;
      const message = JSON.parse(text);
      if (message.error) throw new Error(JSON.stringify(message.error));
      yield message;
    }
  }
}

// The changes of a watch over REST, as they come in.
export class Watch {
  // `accept` is `application/x-ndjson` or `text/event-stream`.
  static async open(suite, query,
      {accept = 'application/x-ndjson', token = suite.token()} = {}) {
    const watch = new Watch();
    const url = new URL(`${suite.url}/v1/changes:watch`);
    for (const [name, value] of Object.entries(query)) {
      url.searchParams.set(name, value);
    }
    const response = await fetch(url, {
      headers: {authorization: `Bearer ${token}`, accept},
      signal: watch.stop.signal,
    });
    if (!response.ok) throw new Error(await response.text());
    watch.contentType = response.headers.get('content-type');
    watch.following = watch.follow(messagesOf(response));
    return watch;
  }

  constructor() {
    this.stop = new AbortController();
    // By event id: a change may come more than once.
    this.changes = new Map();
    this.repeats = 0;
    this.failure = null;
  }

  async follow(messages) {
    try {
      for await (const change of messages) {
        if (!change.eventId) continue;
        if (this.changes.has(change.eventId)) this.repeats += 1;
        this.changes.set(change.eventId, change);
      }
    } catch (error) {
      if (error.name !== 'AbortError') this.failure = error;
    }
  }

  // Waits until `count` different changes have come. Returns them in order.
  async first(count, withinMs) {
    await until(`${count} changes come`, () => {
      if (this.failure) throw this.failure;
      return this.changes.size >= count;
    }, withinMs).catch((error) => {
      error.message += ` (${this.changes.size} came)`;
      throw error;
    });
    return [...this.changes.values()];
  }

  async close() {
    this.stop.abort();
    await this.following;
  }
}
