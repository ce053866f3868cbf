// A seeded workload while everything around it fails, and one judge of what was
// promised (nemesis/checker.mjs). CI runs a short set; './crm faults' the rest.
//
//   CRM_FAULTS        names parted by commas, `all`, or `short` (the default)
//   CRM_FAULT_ROUNDS  how often each is injected (1)
//   CRM_FAULT_HELD_MS for how long most are kept up (2500)
//   CRM_TEST_SEED     repeats a run

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {FAULTS, SHORT} from './nemesis/faults.mjs';
import {runNemesis} from './nemesis/run.mjs';

const SEED = Number(process.env.CRM_TEST_SEED ?? 20_261);
const ROUNDS = Number(process.env.CRM_FAULT_ROUNDS ?? 1);
const SHOWN = 20;

// Returns the faults that CRM_FAULTS asks for.
function wanted(names = process.env.CRM_FAULTS || 'short') {
  if (names === 'all') return FAULTS;
  return (names === 'short' ? SHORT : names.split(',')).map((name) => {
    const fault = FAULTS.find((one) => one.name === name);
    if (fault) return fault;
    throw new Error(`'${name}' is no fault; there are: ` +
        FAULTS.map((one) => one.name).join(' '));
  });
}

test('F01 F06 F07 F08 F22 F26 F31 F49 every promise holds under every fault', async (t) => {
  t.diagnostic(`CRM_TEST_SEED=${SEED}`);
  const faults = wanted();
  const {history, faults: injected, skipped, violations} = await runNemesis({
    seed: SEED, faults, rounds: ROUNDS, shim: process.env.CRM_CLOCK_SHIM,
    say: (what) => t.diagnostic(what),
  });

  t.diagnostic(`${history.length} operations, ${history.reduce(
      (sum, {attempts}) => sum + attempts.length, 0)} attempts`);
  assert.equal(injected.length + skipped, faults.length * ROUNDS);
  assert.ok(injected.length > 0, 'no fault is possible here');
  for (const {fault, bites} of injected) {
    assert.ok(bites > 0, `${fault.name} did not bite`);
  }
  assert.deepEqual(violations.slice(0, SHOWN), [],
      `${violations.length} violations`);
});
