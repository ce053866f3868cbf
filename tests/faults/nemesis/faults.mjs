// The faults of a nemesis run. Each is {name, run}: run(world) injects it, keeps
// it for a while, heals it, and returns the evidence that it bit, a number above
// zero; a fault that bit nothing has tested nothing. With `recoveryMs`, so much
// later at most writes go on. With `lacks`, lacks(suite) says what this machine
// lacks for it, if anything.
//
// The world is {suite, random, workload}.

import {until} from '../../suite/process.mjs';
import {PROGRAMS, REDIS_SERVERS, SERVICES} from '../../suite/suite.mjs';
import {ControlGroup} from './control_group.mjs';
import {HELD_MS, RECOVERY_MS, freeze, pause} from './holding.mjs';
import {OUTAGES} from './outages.mjs';
import {POSTGRES_FAULTS} from './postgres_faults.mjs';
import {REDIS_FAULTS} from './redis_faults.mjs';

// The relay's lease is 10 seconds.
const BEYOND_LEASE_MS = 12_000;
// As long as a service may stand still before it is taken for dead.
const STOPPED_MS = 20_000;
const STARVED_MS = 4_000;
// Of each 50 ms, a starved process runs 5.
const STARVED_STOP_MS = 45;
const STARVED_RUN_MS = 5;
// What a group of processes may have of one core, and for how long.
const SQUEEZED_SHARE = 0.1;
const SQUEEZED_MS = 60_000;
// A clock that runs a thousand times too fast is moved so often.
const DRIFT = 1000;
const DRIFT_STEP_MS = 5;
const FILLINGS = 3;

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

const stoppings = SERVICES.map((name) => ({
  name: `stop-${name}-20s`,
  recoveryMs: RECOVERY_MS,
  run: (world) => freeze(world, name, STOPPED_MS),
}));

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

// All services together get a tenth of one core.
const squeezing = {
  name: 'squeeze-services-60s',
  recoveryMs: RECOVERY_MS,
  lacks(suite) {
    const group = ControlGroup.make('cpu', groupName(suite));
    group?.remove();
    return group ? '' : 'a control group for processors';
  },
  async run({suite}) {
    const group = ControlGroup.make('cpu', groupName(suite));
    try {
      group.limitCpu(SQUEEZED_SHARE);
      for (const name of SERVICES) group.add(suite.processes.get(name).pid);
      await pause(SQUEEZED_MS);
      return group.throttled;
    } finally {
      group.remove();
    }
  },
};

const groupName = (suite) => `crm-test-${suite.ports.gateway}-${process.pid}`;

// The disk of one service is full, again and again. Writes are refused by name,
// and reads go on.
const fullDisk = {
  name: 'full-disk-collaborative',
  recoveryMs: RECOVERY_MS,
  lacks: ({disk}) => disk ? '' : 'a filesystem of one\'s own',
  async run({suite, workload}) {
    const refusals = () => workload.history.flatMap(({attempts}) => attempts)
        .filter(({reason}) => /^DISK_(LOW|FULL)$/.test(reason)).length;
    const bites = [];
    for (let i = 0; i < FILLINGS; ++i) {
      const before = refusals();
      suite.disk.fill();
      try {
        await until('a write is refused', () => refusals() > before, RECOVERY_MS);
        await pause(HELD_MS);
        const {status, text} = await suite.get('/v1/conversations');
        if (status !== 200) throw new Error(text);
      } finally {
        suite.disk.empty();
      }
      bites.push(refusals() - before);
      const emptied = performance.now();
      await until('writes are taken again', () => workload.history.some(
          ({kind, outcome, end}) => /Conversation|Message/.test(kind) &&
              outcome === 'ok' && end > emptied), RECOVERY_MS);
    }
    return Math.min(...bites);
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

const clockDrift = {
  name: 'clock-drift-1000x',
  mayRefuseTokens: true,
  async run({suite}) {
    const start = performance.now();
    try {
      for (let past = 0; past < HELD_MS; past = performance.now() - start) {
        suite.clock.set(Math.round(past * DRIFT / 1000));
        await pause(DRIFT_STEP_MS);
      }
      return Math.round((performance.now() - start) * DRIFT / 1000);
    } finally {
      suite.clock.set(0);
    }
  },
};

export const FAULTS = [
  ...killings, ...freezings, ...stoppings, ...REDIS_FAULTS, leaseLoss, starvation,
  squeezing, fullDisk, ...clockSteps, clockDrift, ...OUTAGES, ...POSTGRES_FAULTS,
];

// What a short run injects: one of each kind.
export const SHORT = [
  'kill-operational', 'kill-gateway', 'kill-redis-bus', 'hang-redis-bus',
  'slow-redis-cache', 'refuse-redis-cache', 'flush-redis-bus',
  'flush-redis-cache', 'oom-redis-bus', 'readonly-redis-bus', 'trim-redis-bus',
  'relay-beyond-its-lease', 'freeze-collaborative', 'starve-services',
  'full-disk-collaborative', 'loading-redis-bus', 'moved-redis-cache',
  'clock-step-90s', 'clock-step--3600s',
];
