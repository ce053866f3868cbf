// Processes that a test starts: they end with it, however it ends.

import {spawn} from 'node:child_process';
import {closeSync, openSync, readFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';

const POLL_MS = 20;
const SHOWN_LOG_CHARACTERS = 3000;

// Waits until `isSo()` returns something true, and returns that. Throws, naming
// `what`, if it does not within `withinMs`; what `isSo` throws counts as no.
export async function until(what, isSo, withinMs = 30_000) {
  const giveUp = performance.now() + withinMs;
  let last;
  for (;;) {
    try {
      const answer = await isSo();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > giveUp) {
      throw new Error(
          `${what}: not within ${withinMs} ms, at last ${last?.message ?? last}`,
          {cause: last});
    }
    await pause(POLL_MS);
  }
}

// Returns a port from `low` on, below those that the kernel gives to outgoing
// connections: while a process is down, none of them can take its place.
function anyPort(low = 10_000) {
  const [high] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .split(/\s+/).map(Number);
  return high > 2 * low ? low + Math.floor(Math.random() * (high - low)) : 0;
}

// Returns a server that holds a free port of the loopback.
async function holdPort() {
  for (;;) {
    const server = createServer();
    const held = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(anyPort(), '127.0.0.1', () => resolve(true));
    });
    if (held) return server;
  }
}

// Returns `count` ports of the loopback that were free just now.
export async function freePorts(count) {
  const servers = await Promise.all(Array.from({length: count}, holdPort));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map(
      (server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

// Whether somebody accepts connections at a port of the loopback.
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.end();
      resolve(true);
    });
  });
}

// A program that can be started again after it ended.
export class Process {
  // Runs `command` with exactly the environment `env`; what it says is added to
  // the file `log`.
  constructor({name, command, env, log}) {
    Object.assign(this, {name, command, env, log});
    this.starts = 0;
  }

  start() {
    const log = openSync(this.log, 'a');
    // The kernel kills it when this process ends, even if that is killed.
    const child = spawn(
        'setpriv', ['--pdeathsig', 'KILL', ...this.command],
        {env: this.env, stdio: ['ignore', log, log]});
    closeSync(log);
    this.starts += 1;
    this.pid = child.pid;
    this.running = true;
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve({error}));
      child.once('exit', (code, signal) => resolve({code, signal}));
    }).then((end) => {
      if (child.pid === this.pid) this.running = false;
      return end;
    });
  }

  // Sends `signal` and waits for the end. Returns {code, signal} of it; throws
  // if that takes more than `withinMs`.
  async end(signal, withinMs = 10_000) {
    if (this.running) process.kill(this.pid, signal);
    const late = Symbol('late');
    const timeout = new AbortController();
    const end = await Promise.race(
        [this.ended, pause(withinMs, late, {signal: timeout.signal})]);
    timeout.abort();
    if (end === late) {
      process.kill(this.pid, 'SIGKILL');
      throw new Error(
          `${this.name} did not end within ${withinMs} ms\n${this.lastWords()}`);
    }
    return end;
  }

  // Returns the end of the log.
  lastWords() {
    try {
      return readFileSync(this.log, 'utf8').slice(-SHOWN_LOG_CHARACTERS);
    } catch {
      return '';
    }
  }
}
