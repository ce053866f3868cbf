// The server under all services is restarted, dies and stays away: callers are told
// to come again, those who do have each of their writes once, and the services go
// on by themselves.
//
//   CRM_FAULT_ROUNDS  how often each of that happens (1)
//   CRM_TEST_SEED     repeats a run

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {ON_POSTGRES} from '../suite/postgres.mjs';
import {Code} from '../suite/grpc_calls.mjs';
import {POSTGRES_FAULTS} from './nemesis/postgres_faults.mjs';
import {runNemesis} from './nemesis/run.mjs';

const SEED = Number(process.env.CRM_TEST_SEED ?? 20_261);
const ROUNDS = Number(process.env.CRM_FAULT_ROUNDS ?? 1);
const SHOWN = 20;
// What a call may end with while the store is away.
const MEANWHILE =
    new Set([Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.ABORTED]);

// Returns how often each of `attempts` went as it did: `UNAVAILABLE 14` to number.
function countsOf(attempts) {
  const counts = {};
  for (const {status, code, reason = ''} of attempts) {
    const what = `${status} ${code ?? ''} ${reason}`.trim();
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

// Returns the attempts that failed, but for the answer that a write got in the end.
function refusalsOf({attempts, outcome, isRead}) {
  const failed = attempts.filter(({status}) => status !== 200);
  return outcome === 'refused' && !isRead ? failed.slice(0, -1) : failed;
}

test('F35 restarts of PostgreSQL lose no acknowledged write, and callers are told to come again',
    {skip: !ON_POSTGRES && 'the store is SQLite'}, async (t) => {
      t.diagnostic(`CRM_TEST_SEED=${SEED}`);
      const {history, faults, samples, violations} = await runNemesis({
        seed: SEED, faults: POSTGRES_FAULTS, rounds: ROUNDS,
        shim: process.env.CRM_CLOCK_SHIM, say: (what) => t.diagnostic(what),
      });
      const attempts = history.flatMap((operation) => operation.attempts);
      const failed = attempts.filter(({status}) => status !== 200);
      t.diagnostic(`${history.length} operations, ${attempts.length} attempts`);
      t.diagnostic(JSON.stringify(countsOf(failed)));

      assert.equal(faults.length, POSTGRES_FAULTS.length * ROUNDS);
      for (const {fault, bites} of faults) {
        assert.ok(bites > 0, `${fault.name} did not bite`);
      }
      const untyped = failed.filter(({code, reason, mayRetry}) =>
        !reason || (code === Code.UNAVAILABLE && !mayRetry));
      assert.deepEqual(countsOf(untyped), {});
      assert.deepEqual(countsOf(history.flatMap(refusalsOf).filter(
          ({code}) => !MEANWHILE.has(code))), {});
      assert.deepEqual(history.filter(({outcome}) => outcome === 'unknown'), []);
      for (const [name, {before, after}] of Object.entries(samples)) {
        assert.equal(after.pid, before.pid, name);
      }
      assert.deepEqual(violations.slice(0, SHOWN), [],
          `${violations.length} violations`);
    });
