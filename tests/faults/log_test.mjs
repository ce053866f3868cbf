// A log that nobody reads, and scrapers that ask for numbers all the time: calls
// are answered as quickly, and the lines that were lost are counted.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {closeSync, constants, openSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {PROGRAMS, Suite} from '../suite/suite.mjs';

// Each leaves a line in the logs of two programs; a pipe holds some hundred.
const CALLS = 1500;
const CALLERS = 4;
const SCRAPERS = 4;
const TIMES_AS_LONG = 3;
// What a call may take in any case, on a machine that has other things to do.
const GRANTED_MS = {p50: 20, p99: 150};
const LOGGING = ['operational', 'gateway'];

let suite;
let ends;

// The programs that log to pipes.
class MuteSuite extends Suite {
  pipe(name) {
    return join(this.folder, `${name}.pipe`);
  }

  commandOf(name) {
    const command = super.commandOf(name);
    if (!LOGGING.includes(name)) return command;
    return ['sh', '-c', 'exec "$@" 2> "$0"', this.pipe(name), ...command];
  }
}

before(async () => {
  suite = new MuteSuite(PROGRAMS.filter((name) => !LOGGING.includes(name)), {});
  await suite.prepare();
  ends = LOGGING.map((name) => {
    execFileSync('mkfifo', [suite.pipe(name)]);
    // Held open, and never read.
    return openSync(suite.pipe(name), constants.O_RDWR | constants.O_NONBLOCK);
  });
  for (const running of suite.processes.values()) running.start();
  await suite.ready();
});

after(async () => {
  await suite?.stop();
  ends?.forEach((end) => closeSync(end));
});

async function lostLines(name) {
  const answer = await fetch(`http://127.0.0.1:${suite.adminPorts[name]}/metrics`);
  return Number((await answer.text()).match(/^crm_log_lost_lines\S* (\d+)/m)[1]);
}

// Returns how long `CALLS` calls took, in the middle and at most but for one in a
// hundred.
async function call() {
  const took = [];
  let next = 0;
  await Promise.all(Array.from({length: CALLERS}, async () => {
    while (next++ < CALLS) {
      const start = performance.now();
      const {status, text} = await suite.get('/v1/customers');
      took.push(performance.now() - start);
      assert.equal(status, 200, text);
    }
  }));
  took.sort((a, b) => a - b);
  return {p50: took[CALLS / 2], p99: took[CALLS * 0.99]};
}

test('F51 a log that nobody reads and busy scrapers slow no call', async (t) => {
  const usual = await call();
  for (const name of LOGGING) {
    const lost = await lostLines(name);
    t.diagnostic(`${name} has lost ${lost} lines`);
    assert.ok(lost > 0, name);
  }
  let over = false;
  let scrapes = 0;
  const scraping = Promise.all(Array.from({length: SCRAPERS}, async (_, i) => {
    while (!over) {
      await lostLines(LOGGING[i % LOGGING.length]);
      scrapes += 1;
    }
  }));
  const meanwhile = await call();
  over = true;
  await scraping;

  t.diagnostic(`${scrapes} scrapes`);
  assert.ok(scrapes > 0);
  for (const [part, granted] of Object.entries(GRANTED_MS)) {
    t.diagnostic(`${part}: ${usual[part].toFixed(1)} ms, then ` +
        `${meanwhile[part].toFixed(1)} ms`);
    assert.ok(
        meanwhile[part] <= Math.max(granted, TIMES_AS_LONG * usual[part]), part);
  }
});
