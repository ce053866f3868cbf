// A TCP proxy in front of a server that can be made slow, dumb or deaf. What
// the kernel here cannot do to a connection (delay), it does.

import {connect, createServer} from 'node:net';

import {CommandCounter} from './command_counter.mjs';

const MODES = ['pass', 'slow', 'hang', 'refuse', 'answer'];

export class FaultProxy {
  // Listens on a port of the loopback and passes on to `target`.
  static async start(port, target) {
    const proxy = new FaultProxy(target);
    await new Promise((resolve, reject) => {
      proxy.server.once('error', reject);
      proxy.server.listen(port, '127.0.0.1', resolve);
    });
    return proxy;
  }

  constructor(target) {
    this.target = target;
    this.mode = 'pass';
    this.delayMs = 0;
    this.error = '';
    // How many chunks or connections the mode in force has held up.
    this.bites = 0;
    this.pairs = new Set();
    this.server = createServer((client) => this.accept(client));
  }

  // Changes what happens to every connection from now on: `pass`; `slow`, each
  // chunk is held up by `delayMs`; `hang`, nothing is passed on until the mode
  // ends; `refuse`, connections are reset; `answer`, each command of a client of
  // Redis is answered with `error` and goes no further.
  set(mode, {delayMs = 0, error = ''} = {}) {
    if (!MODES.includes(mode)) throw new Error(`'${mode}' is no mode`);
    // Commands that were cut by the change would never be whole.
    const cuts = mode === 'refuse' || [mode, this.mode].includes('answer');
    this.mode = mode;
    this.delayMs = delayMs;
    this.error = error;
    this.bites = 0;
    for (const pair of this.pairs) {
      if (cuts) pair.reset();
      if (mode === 'pass' || mode === 'slow') pair.flush();
    }
  }

  accept(client) {
    if (this.mode === 'refuse') {
      this.bites += 1;
      client.resetAndDestroy();
      return;
    }
    const pair = new Pair(this, client);
    this.pairs.add(pair);
  }

  async stop() {
    for (const pair of this.pairs) pair.reset();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

// A client and its connection to the target.
class Pair {
  constructor(proxy, client) {
    this.proxy = proxy;
    this.ends = [client, connect(proxy.target, '127.0.0.1')];
    // What waits, in order: [to, chunk].
    this.held = [];
    this.commands = new CommandCounter();
    this.ends.forEach((end, i) => {
      end.setNoDelay(true);
      end.on('data', (chunk) => this.take(1 - i, chunk));
      end.on('error', () => this.close());
      end.on('close', () => this.close());
    });
  }

  take(to, chunk) {
    const {mode, delayMs, error} = this.proxy;
    if (mode === 'answer') {
      const commands = to === 1 ? this.commands.count(chunk) : 0;
      this.proxy.bites += commands;
      this.ends[0].write(`-${error}\r\n`.repeat(commands));
    } else if (mode === 'hang') {
      this.proxy.bites += 1;
      this.held.push([to, chunk]);
    } else if (mode === 'slow') {
      this.proxy.bites += 1;
      // Timers of one length fire in their order, so bytes keep theirs.
      setTimeout(() => this.ends[to].write(chunk), delayMs);
    } else {
      this.ends[to].write(chunk);
    }
  }

  flush() {
    for (const [to, chunk] of this.held.splice(0)) this.ends[to].write(chunk);
  }

  reset() {
    this.proxy.bites += 1;
    for (const end of this.ends) end.resetAndDestroy();
    this.close();
  }

  close() {
    this.proxy.pairs.delete(this);
    for (const end of this.ends) end.destroy();
  }
}
