// Many calls with one request id, and a kill in the midst of them: one effect, and
// one answer for all.

import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';

import {Suite} from '../suite/suite.mjs';

const CALLS = 32;
// After how many answers the process is killed, one round each; none is while all
// calls are on their way.
const KILLED_AFTER = [0, 1, 4, 16];
const VICTIMS = ['operational', 'gateway'];
// What a call may come to that met the kill: broken off, or one of the statuses
// that ask for another try.
const MAY_MEET = new Set([0, 409, 502, 503, 504]);

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

// Makes the calls of one round. `answered` is told of each answer.
function callAtOnce(id, requestId, answered = () => {}) {
  return Promise.all(Array.from({length: CALLS}, async () => {
    const answer = await suite.post('/v1/customers', {
      query: {customerId: id, requestId},
      body: {displayName: `The one of ${id}`, kind: 'PERSON'},
    }).catch((error) => ({status: 0, text: String(error)}));
    answered();
    return answer;
  }));
}

for (const victim of VICTIMS) {
  for (const count of KILLED_AFTER) {
    test(`F03 one request id has one effect when ${victim} is killed after ` +
        `${count} of ${CALLS} answers`, async (t) => {
      const id = `${victim}-${count}`;
      const requestId = randomUUID();
      let answers = 0;
      let kill;
      const enough = new Promise((resolve) => { kill = resolve; });
      const calls = callAtOnce(id, requestId, () => {
        answers += 1;
        if (answers === count) kill();
      });
      if (count === 0) setImmediate(kill);
      await enough;
      const before = answers;
      await suite.restart(victim);
      const early = await calls;
      await suite.ready();
      const late = await callAtOnce(id, requestId);

      t.diagnostic(`${before} answers before the kill; ` +
          `${early.filter(({status}) => status === 200).length} of ${CALLS} OK`);
      assert.ok(before < CALLS, 'the calls were over before the kill');
      for (const {status, text} of late) assert.equal(status, 200, text);
      for (const {status, text, body} of [...early, ...late]) {
        if (status === 200) assert.deepEqual(body, late[0].body);
        else assert.ok(MAY_MEET.has(status), `${status} ${text}`);
      }
      assert.equal(late[0].body.etag, '"1"');
      const {body: {auditEntries}} = await suite.get('/v1/auditEntries', {
        query: {filter: `outcome = DONE AND resource = "customers/${id}"`},
      });
      assert.equal(auditEntries.length, 1);
      assert.equal(auditEntries[0].requestId, requestId);
    });
  }
}
