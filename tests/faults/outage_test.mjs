// Everything ends at once while a consumer of events is behind, and the Redis
// that carries the events comes back without what that has not read, or empty: all
// go on from the producers' own logs, and nothing is missing.
//
//   CRM_FAULT_ROUNDS  how often each of that happens (1)
//   CRM_TEST_SEED     repeats a run

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {OUTAGES} from './nemesis/outages.mjs';
import {runNemesis} from './nemesis/run.mjs';

const SEED = Number(process.env.CRM_TEST_SEED ?? 20_261);
const ROUNDS = Number(process.env.CRM_FAULT_ROUNDS ?? 1);
const SHOWN = 20;

test('F01 F06 nothing is missing after all ended at once and the bus lost its tail',
    async (t) => {
      t.diagnostic(`CRM_TEST_SEED=${SEED}`);
      const {history, faults, violations} = await runNemesis({
        seed: SEED, faults: OUTAGES, rounds: ROUNDS,
        shim: process.env.CRM_CLOCK_SHIM, say: (what) => t.diagnostic(what),
      });

      t.diagnostic(`${history.length} operations`);
      assert.equal(faults.length, OUTAGES.length * ROUNDS);
      for (const {fault, bites} of faults) {
        assert.ok(bites > 0, `${fault.name} did not bite`);
      }
      assert.deepEqual(violations.slice(0, SHOWN), [],
          `${violations.length} violations`);
    });
