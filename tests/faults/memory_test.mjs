// A service in a control group that leaves it little memory: it sheds what matters
// less, and serves on. By the limit that the kernel enforces.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';

import {accepts, until} from '../suite/process.mjs';
import {Suite} from '../suite/suite.mjs';
import {ControlGroup} from './nemesis/control_group.mjs';

const SERVICE = 'operational';
const AMPLE_BYTES = 2 ** 31;
const WARM_CALLS = 200;
const STOP_MS = 20_000;
const LIST = '/v1/customers';
// What a service uses of its limit, and the classes that it then serves.
const STEPS = [
  {used: 0.5, served: ['SHEDDABLE', 'SHEDDABLE_PLUS', 'CRITICAL', 'CRITICAL_PLUS']},
  {used: 0.85, served: ['CRITICAL', 'CRITICAL_PLUS']},
  {used: 0.95, served: ['CRITICAL_PLUS']},
];

let group;
let suite;

class LimitedSuite extends Suite {
  commandOf(name) {
    const command = super.commandOf(name);
    return name === SERVICE ? [...group.prefix, ...command] : command;
  }
}

before(async () => {
  group = ControlGroup.make('memory', `crm-test-memory-${process.pid}`);
  if (group === null) return;
  group.limitMemory(AMPLE_BYTES);
  suite = new LimitedSuite(['analytical', 'collaborative'], {});
  await suite.prepare();
  for (const running of suite.processes.values()) running.start();
  await suite.ready();
});

after(async () => {
  await suite?.stop();
  group?.remove();
});

function list(criticality) {
  return suite.get(LIST, {headers: {'crm-criticality': criticality}});
}

// Starts the service anew and has it do what it does each time. Returns what it
// then keeps in memory.
async function restarted() {
  const running = suite.processes.get(SERVICE);
  await running.end('SIGTERM', STOP_MS);
  running.start();
  await until(`${SERVICE} is there`, () => accepts(suite.ports[SERVICE]));
  await until(`${SERVICE} serves`,
      async () => (await list('CRITICAL_PLUS')).status === 200);
  for (let i = 0; i < WARM_CALLS; ++i) await list('CRITICAL_PLUS');
  const [, kilobytes] = readFileSync(`/proc/${running.pid}/status`, 'utf8')
      .match(/^VmRSS:\s+(\d+) kB$/m);
  return Number(kilobytes) * 1024;
}

test('a service sheds by the memory that its group has left', async (t) => {
  if (group === null) {
    t.skip('nobody may make a control group for memory here');
    return;
  }
  const usual = await restarted();
  for (const {used, served} of STEPS) {
    const limit = Math.round(usual / used);
    group.limitMemory(limit);
    const resident = await restarted();
    t.diagnostic(`uses ${(resident / limit).toFixed(3)} of ${limit} bytes`);
    for (const criticality of STEPS[0].served) {
      const {status, body} = await list(criticality);
      const reason = body.details?.find((detail) => detail.reason)?.reason;
      if (served.includes(criticality)) {
        assert.equal(status, 200, criticality);
      } else {
        assert.equal(status, 503, criticality);
        assert.equal(reason, 'OVERLOADED', criticality);
      }
    }
    group.limitMemory(AMPLE_BYTES);
  }
});
