// Faults that end everything at once, in the form that faults.mjs tells of: no
// process is left that remembers anything, and the Redis of the events has lost
// what a consumer has not read yet.

import {readdirSync, statSync, truncateSync} from 'node:fs';
import {join} from 'node:path';

import {accepts, until} from '../../suite/process.mjs';
import {PROGRAMS, REDIS_SERVERS} from '../../suite/suite.mjs';
import {redisKeys} from './redis_faults.mjs';

const BUS = 'redis-bus';
// Whoever else follows the events is called by the workload, which would wait.
const CONSUMER = 'analytical';
const STREAMS = 'ev:*';
// What the streams have to be given while nobody reads them.
const UNREAD_EVENTS = 60;
const PATIENCE_MS = 60_000;

// Returns how many events the streams were ever given, as far as Redis knows.
function eventCount(suite) {
  return redisKeys(suite, BUS, STREAMS).reduce((sum, key) => {
    const words = suite.redis(BUS, 'XINFO', 'STREAM', key).split('\n');
    const last = words[words.indexOf('last-generated-id') + 1];
    return sum + Number(last.split('-')[0]);
  }, 0);
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
  await until(`${name} serves`, async () =>
    await accepts(suite.redisPorts[name]) && suite.redis(name, 'PING') === 'PONG',
  PATIENCE_MS);
}

// `restore(suite, bytes)` starts the Redis of the events with what it is to have
// left; its log had so many bytes when the consumer last read.
function outage(name, restore) {
  return {
    name,
    recoveryMs: PATIENCE_MS,
    async run({suite}) {
      // Asked without holding up this process, in which the proxies run.
      const count = (what) => suite.metric('operational', `crm_events_${what}`);
      const published = () => count('published');
      await until('the streams are about where the feed is', async () =>
        await published() > Math.max(0, await count('numbered') - UNREAD_EVENTS / 2),
      PATIENCE_MS);
      const read = await published();
      const bytes = statSync(logOf(suite)).size;
      const {pid} = suite.processes.get(CONSUMER);
      process.kill(pid, 'SIGSTOP');
      try {
        await until('events come that nobody reads',
            async () => await published() >= read + UNREAD_EVENTS, PATIENCE_MS);
      } catch (error) {
        process.kill(pid, 'SIGCONT');
        throw error;
      }
      const given = eventCount(suite);
      for (const each of [...PROGRAMS, ...REDIS_SERVERS]) await suite.kill(each);

      await startRedis(suite, 'redis-cache', {empty: true});
      await restore(suite, bytes);
      const lost = given - eventCount(suite);
      for (const program of PROGRAMS) suite.start(program);
      await suite.ready();
      return lost;
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
