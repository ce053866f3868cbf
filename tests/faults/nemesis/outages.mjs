// Faults that end everything at once, in the form that faults.mjs tells of: no
// process is left that remembers anything, and the Redis of the events has lost
// what its consumers have not read yet.

import {readdirSync, statSync, truncateSync} from 'node:fs';
import {join} from 'node:path';

import {until} from '../../suite/process.mjs';
import {PROGRAMS, REDIS_SERVERS} from '../../suite/suite.mjs';
import {redisKeys} from './redis_faults.mjs';

const BUS = 'redis-bus';
const CONSUMERS = ['analytical', 'collaborative'];
const STREAMS = 'ev:*';
// What the streams have to grow by while nobody reads them.
const UNREAD_EVENTS = 60;
const PATIENCE_MS = 60_000;

// Returns how many events the streams hold.
function eventCount(suite) {
  return redisKeys(suite, BUS, STREAMS).reduce(
      (sum, key) => sum + Number(suite.redis(BUS, 'XLEN', key)), 0);
}

// Cuts the log of Redis off after `bytes`, as if the rest had never been written.
function cutLog(suite, bytes) {
  truncateSync(logOf(suite), bytes);
}

function logOf(suite) {
  const folder = join(suite.folder, BUS, 'appendonlydir');
  const file = readdirSync(folder).find((name) => name.endsWith('.incr.aof'));
  return join(folder, file);
}

async function startRedis(suite, name, options) {
  suite.start(name, options);
  // It answers otherwise while it reads its log.
  await until(`${name} serves`, () => suite.redis(name, 'PING') === 'PONG',
      PATIENCE_MS);
}

// `restore(suite, bytes)` starts the Redis of the events with what it is to have
// left; its log had so many bytes when the consumers last read.
function outage(name, restore) {
  return {
    name,
    recoveryMs: PATIENCE_MS,
    async run({suite}) {
      const read = eventCount(suite);
      const bytes = statSync(logOf(suite)).size;
      for (const consumer of CONSUMERS) {
        process.kill(suite.processes.get(consumer).pid, 'SIGSTOP');
      }
      await until('events come that nobody reads',
          () => eventCount(suite) >= read + UNREAD_EVENTS, PATIENCE_MS);
      for (const each of [...PROGRAMS, ...REDIS_SERVERS]) await suite.kill(each);

      await startRedis(suite, 'redis-cache', {empty: true});
      await restore(suite, bytes);
      const left = eventCount(suite);
      for (const program of PROGRAMS) suite.start(program);
      await suite.ready();
      return Math.max(0, read + UNREAD_EVENTS - left);
    },
  };
}

export const OUTAGES = [
  outage('outage-bus-emptied',
      (suite) => startRedis(suite, BUS, {empty: true})),
  outage('outage-bus-lost-its-tail', async (suite, bytes) => {
    cutLog(suite, bytes);
    await startRedis(suite, BUS);
  }),
];
