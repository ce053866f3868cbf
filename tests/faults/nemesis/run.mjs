// One nemesis run: a seeded workload, faults one after the other, quiet, and the
// verdict.

import {readFileSync, readdirSync} from 'node:fs';

import {until} from '../../suite/process.mjs';
import {PROGRAMS} from '../../suite/suite.mjs';
import {check} from './checker.mjs';
import {Random} from './random.mjs';
import {gatherTruth} from './truth.mjs';
import {Workload} from './workload.mjs';
import {NemesisSuite} from './world.mjs';

const CLIENTS = 8;
// Between the faults the suite is left alone for so long.
const HEALED_MS = 1_500;
// Writes that must be acknowledged before the first fault, and after each.
const WARM_WRITES = 60;
const WRITES_BETWEEN = 10;
const PROGRESS_MS = 60_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Returns what each program holds: {pid, files, threads, memoryKb}.
function sample(suite) {
  return Object.fromEntries(PROGRAMS.map((name) => {
    const {pid} = suite.processes.get(name);
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const value = (field) => Number(status.match(
        new RegExp(`^${field}:\\s+(\\d+)`, 'm'))[1]);
    return [name, {
      pid, files: readdirSync(`/proc/${pid}/fd`).length,
      // Not the pages of mapped files, which the kernel takes back.
      threads: value('Threads'), memoryKb: value('RssAnon'),
    }];
  }));
}

// Injects `faults`, in an order by the seed, `rounds` times. Returns {history,
// truth, samples, faults: [{fault, bites}], skipped, violations}; throws if a
// program does not end with 0. `say` is told what happens.
export async function runNemesis({seed, faults, rounds = 1, shim, say}) {
  const suite = await NemesisSuite.start({shim});
  const random = new Random(seed);
  const workload = new Workload(suite, seed, CLIENTS);
  const injected = [];
  let skipped = 0;
  try {
    const working = workload.run();
    const progress = async (count, withinMs = PROGRESS_MS) => {
      const from = workload.acknowledged;
      await until(`${count} writes are acknowledged`,
          () => workload.acknowledged >= from + count, withinMs);
    };
    await progress(WARM_WRITES);
    const before = sample(suite);
    for (let round = 0; round < rounds; ++round) {
      for (const fault of random.shuffled(faults)) {
        const lacking = fault.lacks?.(suite);
        if (lacking) {
          say(`${fault.name}: not here: ${lacking}`);
          skipped += 1;
          continue;
        }
        const bites = await fault.run({suite, random, workload});
        say(`${fault.name}: bit ${bites}; ` +
            `${workload.acknowledged} writes acknowledged`);
        injected.push({fault, bites});
        await progress(WRITES_BETWEEN, fault.recoveryMs);
        await pause(HEALED_MS);
      }
    }
    workload.stop();
    await working;
    const truth = await gatherTruth(suite);
    const after = sample(suite);
    const samples = Object.fromEntries(PROGRAMS.map(
        (name) => [name, {before: before[name], after: after[name]}]));
    const run = {history: workload.history, truth, samples, faults: injected};
    return {...run, skipped, violations: check(run)};
  } finally {
    workload.stop();
    await suite.stop();
  }
}
