// The faults of Redis, in the form that faults.mjs tells of.

import {until} from '../../suite/process.mjs';
import {REDIS_SERVERS} from '../../suite/suite.mjs';
import {HELD_MS, freeze, pause} from './holding.mjs';

// How long consumers stand still while their streams are trimmed.
const UNREAD_MS = 30_000;
const PATIENCE_MS = 60_000;
const SLOW_MS = 500;
const STREAMS = 'ev:*';

// Returns the keys of a Redis that match.
export function redisKeys(suite, name, pattern) {
  return suite.redis(name, 'KEYS', pattern).split('\n').filter(
      (key) => key && !key.endsWith(':last'));
}

// How often a Redis has answered with errors of a kind since it started.
function errorCount(world, name, code) {
  const line = world.suite.redis(name, 'INFO', 'errorstats').split('\n').find(
      (one) => one.startsWith(`errorstat_${code}:`));
  return line ? Number(line.match(/count=(\d+)/)[1]) : 0;
}

const proxied = REDIS_SERVERS.flatMap((name) => [
  {name: `hang-${name}`, mode: 'hang'},
  {name: `slow-${name}`, mode: 'slow', delayMs: SLOW_MS},
  {name: `refuse-${name}`, mode: 'refuse'},
].map(({name: fault, mode, delayMs}) => ({
  name: fault,
  async run({suite}) {
    const proxy = suite.proxies.get(name);
    proxy.set(mode, {delayMs});
    await pause(HELD_MS);
    const {bites} = proxy;
    proxy.set('pass');
    return bites;
  },
})));

// Redis answers every command with an error, as one does that is still loading
// its file, or that belongs to a cluster.
const answerings = REDIS_SERVERS.flatMap((name) => [
  {name: `loading-${name}`, error: 'LOADING Redis is loading the dataset in memory'},
  {name: `moved-${name}`, error: 'MOVED 3999 127.0.0.1:1'},
].map(({name: fault, error}) => ({
  name: fault,
  async run({suite}) {
    const proxy = suite.proxies.get(name);
    proxy.set('answer', {error});
    await pause(HELD_MS);
    const {bites} = proxy;
    proxy.set('pass');
    return bites;
  },
})));

const forgettings = REDIS_SERVERS.map((name) => ({
  name: `flush-${name}`,
  async run(world) {
    const keys = await until(`${name} holds something`,
        () => Number(world.suite.redis(name, 'DBSIZE')), 5_000);
    world.suite.redis(name, 'FLUSHALL');
    return keys;
  },
}));

const forgettingAll = {
  name: 'flush-both',
  async run(world) {
    const keys = await Promise.all(forgettings.map((one) => one.run(world)));
    return Math.min(...keys);
  },
};

// Redis refuses every write with errors of the kind `code`.
function refusing(name, code, on, off) {
  return {
    name: `${code.toLowerCase()}-${name}`,
    async run(world) {
      const before = errorCount(world, name, code);
      world.suite.redis(name, ...on);
      await pause(HELD_MS);
      const bites = errorCount(world, name, code) - before;
      world.suite.redis(name, ...off);
      return bites;
    },
  };
}

const refusals = [
  refusing('redis-bus', 'OOM', ['CONFIG', 'SET', 'maxmemory', 1],
      ['CONFIG', 'SET', 'maxmemory', 0]),
  // A replica of nobody takes no writes.
  refusing('redis-bus', 'READONLY', ['REPLICAOF', '127.0.0.1', 1],
      ['REPLICAOF', 'NO', 'ONE']),
  refusing('redis-cache', 'READONLY', ['REPLICAOF', '127.0.0.1', 1],
      ['REPLICAOF', 'NO', 'ONE']),
];

// Takes everything out of all streams. Returns how much that was.
function trimAll({suite}) {
  return redisKeys(suite, 'redis-bus', STREAMS).reduce((sum, key) =>
    sum + Number(suite.redis('redis-bus', 'XTRIM', key, 'MAXLEN', 0)), 0);
}

// The streams lose everything while the one who reads them stands still.
const trimming = {
  name: 'trim-redis-bus',
  async run(world) {
    const frozen = freeze(world, 'analytical', HELD_MS);
    await pause(HELD_MS / 2);
    const trimmed = trimAll(world);
    await frozen;
    return trimmed;
  },
};

// So they do for longer, and the reader must have all of it in the end: by the gap
// that it finds in a stream, or because it reads the feed anyway by then.
const longTrimming = {
  name: 'trim-redis-bus-30s',
  recoveryMs: PATIENCE_MS,
  async run(world) {
    const {suite} = world;
    const applied = () => suite.metric(
        'analytical', 'crm_events_applied', 'producer="operational"');
    const before = await applied();
    const frozen = freeze(world, 'analytical', UNREAD_MS);
    await pause(0.9 * UNREAD_MS);
    const trimmed = trimAll(world);
    const numbered = await suite.metric('operational', 'crm_events_numbered');
    await frozen;
    await until('all that was trimmed is applied',
        async () => await applied() >= numbered, PATIENCE_MS);
    return Math.min(trimmed, numbered - before);
  },
};

export const REDIS_FAULTS = [
  ...proxied, ...answerings, ...forgettings, forgettingAll, ...refusals, trimming,
  longTrimming,
];
