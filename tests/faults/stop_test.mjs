// Asked to end in the middle of an import and of watches, every program ends well
// and in time; started again, it goes on where it was.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {importSample} from '../../gateway/clients/sample.mjs';
import {businessOf, readRows} from '../../gateway/clients/superstore.mjs';
import {Watch} from '../suite/changes.mjs';
import {Count, NotingClient, all, analysisWith} from '../suite/imports.mjs';
import {until} from '../suite/process.mjs';
import {PROGRAMS, Suite} from '../suite/suite.mjs';

const ROWS = 2000;
const STOP_MS = 10_000;
const PROGRESS_MS = 30_000;

const business = businessOf(readRows().slice(0, ROWS));
const {customers, products, orders} = business;

let suite;
let client;

before(async () => {
  suite = await Suite.start();
  client = new NotingClient(suite);
});
after(() => suite?.stop());

test('F20 all programs end with 0 while they work, and the import goes on', async () => {
  const count = new Count();
  const total = customers.length + products.length + 2 * orders.length;
  const watches = await Promise.all(
      [1, 2, 3].map(() => Watch.open(suite, {fromBeginning: true})));
  const importing = importSample(client, count, business);
  await until('half of the import is done', () => count.done >= total / 2,
      PROGRESS_MS);

  const ends = await Promise.all(PROGRAMS.map(
      (name) => suite.processes.get(name).end('SIGTERM', STOP_MS)));
  const whenStopped = count.done;
  // A stream that the gateway ends, ends: nobody waits for more of it.
  await Promise.all(watches.map((watch) => watch.following));
  for (const name of PROGRAMS) suite.start(name);
  const {nanos} = await importing;

  assert.ok(whenStopped < total, 'the import was over by then');
  ends.forEach(({code, signal}, i) => {
    assert.equal(code, 0, `${PROGRAMS[i]} ended with ${code ?? signal}`);
  });
  assert.equal(nanos, business.totalNanos);
});

test('F20 every acknowledged write outlived that', async () => {
  const stored = new Map((await Promise.all(
      ['customers', 'products', 'orders'].map((name) => all(client, name))))
      .flat().map((resource) => [resource.name, resource]));

  for (const {name, uid} of client.acknowledged) {
    assert.equal(stored.get(name)?.uid, uid, name);
  }
  const analysis = await analysisWith(client, business.totalNanos);
  assert.equal(Number(analysis.customerCount), customers.length);
});
