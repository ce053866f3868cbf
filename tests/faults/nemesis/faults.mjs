// The faults of a nemesis run. Each is {name, run}: run(world) injects it, keeps
// it for a while, heals it, and returns the evidence that it bit, a number above
// zero; a fault that bit nothing has tested nothing.
//
// The world is {suite, random}.

import {readFileSync} from 'node:fs';

import {until} from '../../suite/process.mjs';
import {PROGRAMS, REDIS_SERVERS, SERVICES} from '../../suite/suite.mjs';

const HELD_MS = 2_500;
// The relay's lease is 10 seconds.
const BEYOND_LEASE_MS = 12_000;
const SLOW_MS = 500;
const STARVED_MS = 4_000;
// Of each 50 ms, a starved process runs 5.
const STARVED_STOP_MS = 45;
const STARVED_RUN_MS = 5;
const STREAMS = 'ev:*';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

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

function isStopped(pid) {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

// Stops a process for a while. Returns 1 if it was seen to stand.
async function freeze(world, name, ms) {
  const {pid} = world.suite.processes.get(name);
  process.kill(pid, 'SIGSTOP');
  try {
    await until(`${name} stands`, () => isStopped(pid), 2_000);
    await pause(ms);
    return 1;
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

const killings = [...PROGRAMS, ...REDIS_SERVERS].map((name) => ({
  name: `kill-${name}`,
  async run({suite}) {
    const {before, after} = await suite.restart(name);
    return Number(before !== after);
  },
}));

const freezings = PROGRAMS.map((name) => ({
  name: `freeze-${name}`,
  run: (world) => freeze(world, name, HELD_MS),
}));

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

const forgettings = REDIS_SERVERS.map((name) => ({
  name: `flush-${name}`,
  async run(world) {
    const keys = await until(`${name} holds something`,
        () => Number(world.suite.redis(name, 'DBSIZE')), 5_000);
    world.suite.redis(name, 'FLUSHALL');
    return keys;
  },
}));

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

// The streams lose everything while the one who reads them stands still.
const trimming = {
  name: 'trim-redis-bus',
  async run(world) {
    const frozen = freeze(world, 'analytical', HELD_MS);
    await pause(HELD_MS / 2);
    let trimmed = 0;
    for (const key of redisKeys(world.suite, 'redis-bus', STREAMS)) {
      trimmed += Number(world.suite.redis('redis-bus', 'XTRIM', key, 'MAXLEN', 0));
    }
    await frozen;
    return trimmed;
  },
};

const leaseLoss = {
  name: 'relay-beyond-its-lease',
  run: (world) => freeze(world, 'operational', BEYOND_LEASE_MS),
};

const starvation = {
  name: 'starve-services',
  async run({suite}) {
    const pids = SERVICES.map((name) => suite.processes.get(name).pid);
    const end = performance.now() + STARVED_MS;
    let rounds = 0;
    while (performance.now() < end) {
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      await pause(STARVED_STOP_MS);
      for (const pid of pids) process.kill(pid, 'SIGCONT');
      await pause(STARVED_RUN_MS);
      rounds += 1;
    }
    return rounds;
  },
};

// The wall clock of one service jumps. While it is an hour off, tokens of the
// others are rightly refused as expired or not yet valid.
const clockSteps = [90, 3600, -3600].map((seconds) => ({
  name: `clock-step-${seconds}s`,
  mayRefuseTokens: true,
  async run({suite}) {
    // Every call leaves a line with the time, refused ones too.
    const loggedTime = () => Date.parse(
        suite.processes.get('operational').lastWords().trimEnd().split('\n')
            .at(-1).match(/"time":"([^"]+)"/)?.[1]);
    suite.clock.set(seconds);
    try {
      await pause(HELD_MS);
      const off = (loggedTime() - Date.now()) / 1000;
      return Number(Math.abs(off - seconds) < 30);
    } finally {
      suite.clock.set(0);
    }
  },
}));

export const FAULTS = [
  ...killings, ...freezings, ...proxied, ...forgettings, ...refusals, trimming,
  leaseLoss, starvation, ...clockSteps,
];

// What a short run injects: one of each kind.
export const SHORT = [
  'kill-operational', 'kill-gateway', 'kill-redis-bus', 'hang-redis-bus',
  'slow-redis-cache', 'refuse-redis-cache', 'flush-redis-bus',
  'flush-redis-cache', 'oom-redis-bus', 'readonly-redis-bus', 'trim-redis-bus',
  'relay-beyond-its-lease', 'freeze-collaborative', 'starve-services',
  'clock-step-90s', 'clock-step--3600s',
];
