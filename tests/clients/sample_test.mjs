import assert from 'node:assert/strict';
import {afterEach, beforeEach, test} from 'node:test';

import {Progress} from '../../gateway/clients/progress.mjs';
import {RestClient} from '../../gateway/clients/rest.mjs';
import {batchCreateBody, batchesOf, importSample} from
    '../../gateway/clients/sample.mjs';
import {businessOf, readRows} from '../../gateway/clients/superstore.mjs';
import {FakeApi} from './fake_api.mjs';

// Enough rows for more than one batch, few enough to be quick.
const rows = readRows().slice(0, 300);
const business = businessOf(rows);
const silent = new Progress({isTTY: false, write: () => {}});
const size = business.customers.length + business.products.length +
    3 * business.orders.length;

// The fake pages by three so that paging is tested; here that would be slow.
class FakeApiForSample extends FakeApi {
  page(url) {
    const collection = url.pathname.split('/')[2];
    const confirmedOnly = url.searchParams.get('filter') === 'state=CONFIRMED';
    const all = [...this.resources.values()].filter(({name, state}) =>
      name.startsWith(`${collection}/`) &&
      !(confirmedOnly && state !== 'CONFIRMED'));
    return {[collection]: all};
  }
}

let api;

beforeEach(async () => {
  api = await new FakeApiForSample().start();
});
afterEach(() => api.stop());

function importOnce() {
  const client = new RestClient(
      {url: api.url, tokenFile: api.tokenFile, pause: async () => {}});
  return importSample(client, silent, business);
}

test('imports everything once', async () => {
  const {count, nanos} = await importOnce();

  assert.equal(count, business.orders.length);
  assert.equal(nanos, business.totalNanos);
  assert.equal(api.writes, size);
});

test('a second run writes nothing', async () => {
  await importOnce();
  await importOnce();

  assert.equal(api.writes, size);
});

test('answers that get lost do nothing twice', async () => {
  api.failAfter = (method, path, count) =>
    count % 3 === 0 ? (count % 2 === 0 ? 'reset' : 503) : null;

  await importOnce();

  assert.equal(api.writes, size);
});

for (const stopAt of [2, 3, 4, 6, 7, 100, 200]) {
  test(`goes on after it was ended at request ${stopAt}`, async () => {
    api.failAfter = (method, path, count) => count >= stopAt ? 400 : null;
    await assert.rejects(importOnce());
    api.failAfter = () => null;

    const {nanos} = await importOnce();

    assert.equal(nanos, business.totalNanos);
    assert.equal(api.writes, size);
  });
}

test('orders of others do not count', async () => {
  await importOnce();
  api.resources.set('orders/other', {
    name: 'orders/other', state: 'CONFIRMED',
    total: {currencyCode: 'USD', units: '1'},
  });

  const {count, nanos} = await importOnce();

  assert.equal(count, business.orders.length);
  assert.equal(nanos, business.totalNanos);
});

test('a total that is not the one of the table is an error', async () => {
  await importOnce();
  api.resources.get(business.orders[0].name).total.nanos = 1;

  await assert.rejects(importOnce(), /instead of/);
});

test('an order that was cancelled since is an error', async () => {
  await importOnce();
  api.resources.get(business.orders[0].name).state = 'CANCELLED';

  await assert.rejects(importOnce(), /orders are confirmed/);
});

test('batches are the same in every run', () => {
  const sizes = batchesOf(business.products, 200).map(({length}) => length);
  const ids = (batches) => batches.map(
      (batch) => batchCreateBody(batch, 'product').requestId);

  assert.ok(sizes.slice(0, -1).every((length) => length === 200));
  assert.deepEqual(
      ids(batchesOf(business.products)),
      ids(batchesOf(businessOf(rows).products)));
});

test('a batch names its items by id', () => {
  const [customer] = business.customers;
  const {requests} = batchCreateBody([customer], 'customer');

  assert.deepEqual(requests, [{
    customerId: 'cg-12520',
    customer: {
      displayName: 'Claire Gute',
      kind: 'PERSON',
      segment: 'Consumer',
      source: customer.source,
    },
  }]);
});
