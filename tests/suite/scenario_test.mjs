// The main job through the gateway, by clients that nobody here wrote.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {Watch} from './changes.mjs';
import {GrpcCalls} from './grpc_calls.mjs';
import {Suite} from './suite.mjs';
import {inJson, overBuf, overGrpc, overRest} from './transports.mjs';

const CUSTOMERS = 'crm.operational.v1.CustomerService';
const PRODUCTS = 'crm.operational.v1.ProductService';
const ORDERS = 'crm.operational.v1.OrderService';
const CHANGES = 'crm.platform.v1.ChangeService';

// What creating a customer and an order, submitting and confirming it, is told
// to be.
const STORY =
    ['customer.created', 'order.created', 'order.updated', 'order.updated'];

let suite;
let calls;

before(async () => {
  suite = await Suite.start();
  calls = await new GrpcCalls(suite.address, suite.token())
      .learn(CUSTOMERS, PRODUCTS, ORDERS, CHANGES);
});
after(async () => {
  calls?.close();
  await suite?.stop();
});

// Makes a customer and a product, and an order of three with 10 % off. Returns
// the order, confirmed.
async function placeOrder({call}, id) {
  await call(`${CUSTOMERS}/CreateCustomer`, {
    customerId: id, customer: {displayName: `Customer ${id}`, kind: 'PERSON'},
  });
  await call(`${PRODUCTS}/CreateProduct`, {
    productId: id,
    product: {
      displayName: 'Tea', sku: `SKU-${id}`,
      listPrice: {currencyCode: 'USD', units: '19', nanos: 990_000_000},
    },
  });
  await call(`${ORDERS}/CreateOrder`, {
    orderId: id,
    order: {
      customer: `customers/${id}`, currencyCode: 'USD',
      lines: [{
        product: `products/${id}`, quantity: '3', discountMillionths: 100_000,
      }],
    },
  });
  const submitted =
      await call(`${ORDERS}/SubmitOrder`, {name: `orders/${id}`});
  assert.equal(submitted.state, 'SUBMITTED');
  return call(`${ORDERS}/ConfirmOrder`, {name: `orders/${id}`});
}

// 3 x 19.99 USD less 10 %.
const COST = {currencyCode: 'USD', units: '53', nanos: 973_000_000};

async function checkOrder(transport, id) {
  const confirmed = await placeOrder(transport, id);
  assert.equal(confirmed.state, 'CONFIRMED');
  assert.deepEqual({...confirmed.total}, COST);
  const read = await transport.call(`${ORDERS}/GetOrder`, {name: `orders/${id}`});
  assert.deepEqual(read, confirmed);
}

test('E04 an order is placed over REST', async () => {
  await checkOrder(overRest(suite), 'by-rest');
});

test('E04 an order is placed with grpc-js', async () => {
  await checkOrder(overGrpc(calls), 'by-grpc');
});

test('E04 an order is placed with buf curl, by reflection', async () => {
  await checkOrder(overBuf(suite), 'by-buf');
});

test('E04 what one transport writes the others read alike', async () => {
  await placeOrder(overGrpc(calls), 'for-all');

  const answers = await Promise.all(
      [overRest(suite), overGrpc(calls), overBuf(suite)].map(({call}) =>
        call(`${CUSTOMERS}/GetCustomer`, {name: 'customers/for-all'})));

  for (const answer of answers) {
    // grpc-js shows instants as the two numbers that they are.
    delete answer.createTime;
    delete answer.updateTime;
  }
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
});

for (const accept of ['application/x-ndjson', 'text/event-stream']) {
  test(`a watch over REST tells the story as ${accept}`, async () => {
    const id = accept.replaceAll(/[^a-z]/g, '-');
    const watch = await Watch.open(
        suite, {customer: `customers/${id}`, fromBeginning: true}, {accept});
    await placeOrder(overRest(suite), id);

    const changes = await watch.first(STORY.length);
    await watch.close();

    assert.ok(watch.contentType.startsWith(accept));
    assert.deepEqual(changes.map(({type}) => type), STORY);
    assert.deepEqual(
        changes.map(({keyVersion}) => Number(keyVersion)), [1, 2, 3, 4]);
    assert.deepEqual(changes.at(-1).resource, `orders/${id}`);
  });
}

test('a watch over gRPC tells the story, and resumes after any of it', async () => {
  const watchUntil = (request, count) => new Promise((resolve, reject) => {
    const changes = [];
    const stream = calls.open(`${CHANGES}/Watch`, request);
    stream.on('data', (change) => {
      if (change.event_id) changes.push(inJson(change));
      if (changes.length === count) stream.cancel();
    });
    // 1 is CANCELLED, which is how a watch ends.
    stream.on('error', (error) =>
      error.code === 1 ? resolve(changes) : reject(error));
  });
  const customer = 'customers/watched';
  const watched = watchUntil({customer, from_beginning: true}, STORY.length);
  await placeOrder(overGrpc(calls), 'watched');
  const changes = await watched;
  const rest = await watchUntil(
      {customer, resume_token: changes[1].resumeToken}, 2);

  assert.deepEqual(changes.map(({type}) => type), STORY);
  assert.deepEqual(rest.map(({eventId}) => eventId),
      changes.slice(2).map(({eventId}) => eventId));
});

test('pages neither skip nor repeat while others write', async () => {
  const {call} = overRest(suite);
  const make = (id) => call(`${CUSTOMERS}/CreateCustomer`, {
    customerId: id,
    customer: {displayName: `Paged ${id}`, kind: 'PERSON', segment: 'paged'},
  });
  const ids = Array.from({length: 30}, (unused, i) => `p-${String(i).padStart(2, '0')}`);
  await Promise.all(ids.map(make));

  const seen = [];
  let pageToken = '';
  let page = 0;
  do {
    const answer = await call(`${CUSTOMERS}/ListCustomers`, {
      filter: 'segment="paged" AND kind=PERSON', orderBy: 'display_name desc',
      pageSize: 7, ...(pageToken ? {pageToken} : {}),
    });
    seen.push(...answer.customers.map(({name}) => name.split('/')[1]));
    pageToken = answer.nextPageToken ?? '';
    // Before what was read, and after it.
    await make(`p-99-${page}`);
    await make(`p-${String(20 - page).padStart(2, '0')}-${page}`);
    page += 1;
  } while (pageToken);

  assert.deepEqual(seen.filter((id) => ids.includes(id)), ids.toReversed());
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(seen, seen.toSorted().toReversed());
});

test('a page token is of no use with other arguments', async () => {
  const {call} = overRest(suite);
  await Promise.all(['q-1', 'q-2'].map((id) => call(`${CUSTOMERS}/CreateCustomer`, {
    customerId: id, customer: {displayName: id, kind: 'PERSON'}})));
  const {nextPageToken} =
      await call(`${CUSTOMERS}/ListCustomers`, {pageSize: 1});

  const {status, body} = await suite.get('/v1/customers', {
    query: {pageSize: 1, filter: 'kind=ORGANISATION', pageToken: nextPageToken},
  });

  assert.equal(status, 400);
  assert.match(JSON.stringify(body), /page_?[tT]oken/);
});
