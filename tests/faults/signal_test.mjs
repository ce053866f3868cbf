// Signals that reach the programs at odd times, and a second process at a store
// that is open: nobody dies who should live, and who must give way says why.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {connect} from 'node:net';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {ON_POSTGRES} from '../suite/postgres.mjs';
import {accepts, freePorts, Process, until} from '../suite/process.mjs';
import {PROGRAMS, SERVICES, Suite} from '../suite/suite.mjs';

const EXIT_LOCKED = 75;
const SIGHUP = 1;
const STOP_MS = 20_000;
// Answers of clients that do not wait for them.
const BROKEN_OFF = 50;

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

// Returns whether a process takes signals by now: it ignores SIGHUP from then
// on. What it has blocked does not tell, as a signal that a thread waits for is
// not among it.
function takesSignals(pid) {
  const [, mask] = readFileSync(`/proc/${pid}/status`, 'utf8')
      .match(/^SigIgn:\s+(\w+)$/m);
  return (BigInt(`0x${mask}`) >> BigInt(SIGHUP - 1)) & 1n;
}

// Writes one customer and finds it again.
async function works(id) {
  const {status, text} = await suite.post('/v1/customers', {
    query: {customerId: id, requestId: crypto.randomUUID()},
    body: {displayName: id, kind: 'PERSON'},
  });
  assert.equal(status, 200, text);
  const found = await suite.get(`/v1/customers/${id}`);
  assert.equal(found.body.displayName, id);
}

test('F58 SIGHUP and SIGPIPE end nobody', async () => {
  const pids = suite.pids();
  for (const pid of Object.values(pids)) {
    process.kill(pid, 'SIGHUP');
    process.kill(pid, 'SIGPIPE');
  }
  // Clients that are gone before their answer is written.
  for (let i = 0; i < BROKEN_OFF; ++i) {
    for (const name of PROGRAMS) {
      const socket = connect(suite.ports[name], '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET /v1/customers HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20),
          () => socket.resetAndDestroy());
    }
  }

  await works('after-signals');
  assert.deepEqual(suite.pids(), pids);
});

test('F58 two SIGTERM at once are one', async () => {
  for (const name of PROGRAMS) {
    const running = suite.processes.get(name);
    process.kill(running.pid, 'SIGTERM');
    assert.deepEqual(
        await running.end('SIGTERM', STOP_MS), {code: 0, signal: null}, name);
    running.start();
  }
  await suite.ready();
  await works('after-two-signals');
});

test('F58 a program that is told to end before it is ready ends with 0', async () => {
  for (const name of PROGRAMS) {
    const running = suite.processes.get(name);
    await running.end('SIGTERM', STOP_MS);
    running.start();
    await until(`${name} takes signals`, () => takesSignals(running.pid));
    const ready = await accepts(suite.ports[name]);

    assert.deepEqual(
        await running.end('SIGTERM', STOP_MS), {code: 0, signal: null},
        `${name}, ready: ${ready}`);
    running.start();
  }
  await suite.ready();
  await works('after-an-early-end');
});

test('F28 a second process over a store ends with 75 and harms nobody',
    {skip: ON_POSTGRES && 'replicas share a server'}, async () => {
      for (const name of SERVICES) {
        const first = suite.processes.get(name);
        const log = join(suite.folder, `second-${name}.log`);
        const prefix = `CRM_${name.toUpperCase()}`;
        const [port, metricsPort] = await freePorts(2);
        const second = new Process({
          name: `second ${name}`,
          command: first.command,
          env: {
            ...first.env,
            [`${prefix}_LISTEN`]: `127.0.0.1:${port}`,
            [`${prefix}_METRICS_LISTEN`]: `127.0.0.1:${metricsPort}`,
          },
          log,
        });
        const {pid} = first;
        second.start();

        assert.deepEqual(await second.ended, {code: EXIT_LOCKED, signal: null});
        const words = second.lastWords().trimEnd().split('\n').at(-1);
        assert.match(words, /another process/);
        assert.match(words, /DATABASE_LOCKED/);
        assert.ok(first.running);
        assert.equal(first.pid, pid);
        // Nor do the commands that need the store for themselves.
        const restore = new Process({
          name: `restore ${name}`, command: [...first.command, 'restore'],
          env: first.env, log,
        });
        restore.start();
        assert.deepEqual(await restore.ended, {code: EXIT_LOCKED, signal: null});
      }
      await works('after-a-second');
    });
