// Both Redis servers are killed in the middle of an import and come back empty:
// nothing is lost, and profiles answer all the time.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {importSample} from '../../gateway/clients/sample.mjs';
import {businessOf, readRows} from '../../gateway/clients/superstore.mjs';
import {Watch} from '../suite/changes.mjs';
import {Count, NotingClient, all, analysisWith, costOf} from
    '../suite/imports.mjs';
import {until} from '../suite/process.mjs';
import {REDIS_SERVERS, Suite} from '../suite/suite.mjs';

const ROWS = 3000;
// The parts of the import during which Redis is away.
const GONE = 0.5;
const BACK = 0.75;
const PROGRESS_MS = 30_000;
const EVENTS_MS = 60_000;

const business = businessOf(readRows().slice(0, ROWS));
const {customers, products, orders} = business;
const eventCount = customers.length + products.length + 3 * orders.length;

let suite;
let client;

before(async () => {
  suite = await Suite.start();
  client = new NotingClient(suite);
});
after(() => suite?.stop());

// Reads the profile of the first customer again and again. `states` collects
// what was said of it, by `phase`.
class Reader {
  constructor() {
    this.phase = 'before';
    this.states = new Map();
    this.over = false;
  }

  async read() {
    while (!this.over) {
      const {phase} = this;
      const answer = await suite.get(`/v1/${customers[0].name}/profile`);
      // There is none before the first batch of customers is in.
      if (answer.status === 404 && phase === 'before') continue;
      assert.equal(answer.status, 200, answer.text);
      const slice = answer.body.slices.find(({kind}) => kind === 'IDENTITY');
      assert.equal(slice.identity?.displayName, customers[0].displayName);
      const seen = this.states.get(phase) ?? new Set();
      this.states.set(phase, seen.add(slice.state));
    }
  }
}

test('F06 F08 an import and profiles outlive that Redis forgets everything', async () => {
  const count = new Count();
  const total = customers.length + products.length + 2 * orders.length;
  const reader = new Reader();
  const reading = reader.read();
  const importing = importSample(client, count, business);
  const part = (share) => until(
      `${share} of the import is done`, () => count.done >= share * total,
      PROGRESS_MS);

  await part(GONE);
  for (const name of REDIS_SERVERS) {
    const {signal} = await suite.kill(name);
    assert.equal(signal, 'SIGKILL');
  }
  reader.phase = 'gone';
  await part(BACK);
  for (const name of REDIS_SERVERS) suite.start(name, {empty: true});
  reader.phase = 'back';
  const {nanos} = await importing;
  await until('the profile is fresh again', () =>
    reader.states.get('back')?.has('FRESH'));
  reader.over = true;
  await reading;

  assert.equal(nanos, business.totalNanos);
  assert.ok(reader.states.get('gone').has('DEGRADED'),
      [...reader.states.get('gone')].join(' '));
});

test('F06 afterwards the store, the events and the warehouse agree', async () => {
  const found = await all(client, 'orders');
  const analysis = await analysisWith(client, costOf(found));
  const watch = await Watch.open(suite, {fromBeginning: true});
  const changes = await watch.first(eventCount, EVENTS_MS);
  await watch.close();

  assert.equal(found.length, orders.length);
  assert.equal(Number(analysis.customerCount), customers.length);
  assert.equal(changes.length, eventCount);
});

test('F06 events go through the emptied Redis again', async () => {
  const id = 'after-redis';
  await suite.post('/v1/customers', {
    query: {customerId: id}, body: {displayName: 'New', kind: 'PERSON'},
  });
  await suite.post('/v1/orders', {
    query: {orderId: id},
    body: {
      customer: `customers/${id}`, currencyCode: 'USD',
      lines: [{
        product: products[0].name, quantity: '1',
        unitPrice: {currencyCode: 'USD', units: '7'},
      }],
    },
  });
  await suite.post(`/v1/orders/${id}:submit`, {body: {}});
  await suite.post(`/v1/orders/${id}:confirm`, {body: {}});

  await analysisWith(client, business.totalNanos + 7_000_000_000n);
});
