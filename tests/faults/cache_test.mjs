// Profiles are read as quickly while the cache hangs, crawls, refuses or loads as
// while it serves: it is given up at once, and asked now and then.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {NemesisSuite} from './nemesis/world.mjs';

const CUSTOMERS = 20;
const READS = 1000;
const READERS = 4;
const TIMES_AS_LONG = 3;
// What a read may take in any case, on a machine that has other things to do.
const GRANTED_MS = {p50: 20, p99: 150};
const FAULTS = {
  hang: {},
  slow: {delayMs: 500},
  refuse: {},
  answer: {error: 'LOADING Redis is loading the dataset in memory'},
};

let suite;
let usual;

before(async () => {
  suite = await NemesisSuite.start({});
  for (let i = 0; i < CUSTOMERS; ++i) {
    const {status, text} = await suite.post('/v1/customers', {
      query: {customerId: `c-${i}`},
      body: {displayName: `Customer ${i}`, kind: 'PERSON'},
    });
    assert.equal(status, 200, text);
  }
  await readProfiles();
  usual = await readProfiles();
});
after(() => suite?.stop());

// Reads profiles side by side. Returns how long a read took, in the middle and at
// most but for one in a hundred.
async function readProfiles() {
  const took = [];
  let next = 0;
  await Promise.all(Array.from({length: READERS}, async () => {
    while (next < READS) {
      const id = `c-${next++ % CUSTOMERS}`;
      const start = performance.now();
      const {status, text, body} = await suite.get(`/v1/customers/${id}/profile`);
      took.push(performance.now() - start);
      assert.equal(status, 200, text);
      const {identity} = body.slices.find(({kind}) => kind === 'IDENTITY');
      assert.equal(identity.displayName, `Customer ${id.slice(2)}`);
    }
  }));
  took.sort((a, b) => a - b);
  return {p50: took[READS / 2], p99: took[READS * 0.99]};
}

for (const [mode, options] of Object.entries(FAULTS)) {
  test(`F08 profiles are read as quickly under '${mode}' of the cache`, async (t) => {
    const proxy = suite.proxies.get('redis-cache');
    proxy.set(mode, options);
    let meanwhile = await readProfiles();
    // What the gateway remembers is good for seconds without asking.
    while (proxy.bites === 0) meanwhile = await readProfiles();
    proxy.set('pass');

    for (const [part, granted] of Object.entries(GRANTED_MS)) {
      t.diagnostic(`${part}: ${usual[part].toFixed(1)} ms, then ` +
          `${meanwhile[part].toFixed(1)} ms`);
      assert.ok(
          meanwhile[part] <= Math.max(granted, TIMES_AS_LONG * usual[part]), part);
    }
  });
}
