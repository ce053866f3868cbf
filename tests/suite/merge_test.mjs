// Customers that turn out to be one, in all services: what belongs to the merged
// one is the survivor's everywhere, and his again when that is taken back.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {Suite} from './suite.mjs';

const ADA = 'customers/ada';
const TWIN = 'customers/ada-again';

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

// What the caller has seen: the token of the last change of each customer. Who
// does not show it may be told older scores.
const seen = {};

// Does one call, that changes `customers` if it changes any.
async function does(verb, path, options, customers = []) {
  const {status, headers, text, body} =
      await suite.rest(verb, `/v1/${path}`, options);
  assert.equal(status, 200, `${verb} ${path}: ${text}`);
  for (const customer of customers) seen[customer] = headers.get('crm-token');
  return body;
}

const post = (path, body = {}, query = {}, customers = []) =>
  does('POST', path, {query, body}, customers);

// Makes a customer with an order of `units` USD and a conversation of two
// messages.
async function makeCustomer(id, units) {
  await post('customers', {displayName: id, kind: 'PERSON'}, {customerId: id});
  await post('orders', {
    customer: `customers/${id}`, currencyCode: 'USD',
    lines: [{product: 'products/tea', quantity: String(units)}],
  }, {orderId: id});
  await post(`orders/${id}:submit`);
  await post(`orders/${id}:confirm`, {}, {}, [`customers/${id}`]);
  await post('conversations', {customer: `customers/${id}`}, {conversationId: id});
  for (const body of ['Hello', 'Anybody there?']) {
    await post(`conversations/${id}/messages`,
        {channel: 'EMAIL', direction: 'INBOUND', body});
  }
}

// Returns the ids of the conversations that are listed with a customer.
async function conversationsOf(customer) {
  const {conversations = []} = await does('GET', 'conversations',
      {query: {filter: `customer = "${customer}"`}});
  return conversations.map(({name}) => name.split('/')[1]).sort();
}

// Returns what the profile of a customer says of him in each service: the
// revenue of his orders, twice, and his messages.
async function knownOf(customer) {
  const {slices} = await does('GET', `${customer}/profile`,
      {headers: {'crm-token': seen[customer]}});
  const of = Object.fromEntries(slices.map((slice) => [slice.kind, slice]));
  return {
    orders: of.COMMERCIAL?.commercial?.lifetimeRevenue?.[0]?.units ?? '0',
    scored: of.SCORES?.scores?.monetary?.units ?? '0',
    messages: of.ENGAGEMENT?.engagement?.messageCount ?? '0',
  };
}

// Waits until all services know of a customer what they should.
function knows(customer, expected) {
  return until(`all know ${customer}`, async () => {
    assert.deepEqual(await knownOf(customer), expected);
    return true;
  });
}

test('A41 A43 a merge and its undo reach every service', async () => {
  await post('products', {
    displayName: 'Tea', sku: 'tea', listPrice: {currencyCode: 'USD', units: '1'},
  }, {productId: 'tea'});
  await makeCustomer('ada', 30);
  await makeCustomer('ada-again', 12);
  const apart = {
    [ADA]: {orders: '30', scored: '30', messages: '2'},
    [TWIN]: {orders: '12', scored: '12', messages: '2'},
  };
  for (const [customer, known] of Object.entries(apart)) await knows(customer, known);

  const {name} = await post('mergeOperations', {survivor: ADA, merged: [TWIN]});
  await post(`${name}:apply`, {}, {}, [ADA, TWIN]);

  await until('the conversation is listed with the survivor', async () =>
    (await conversationsOf(ADA)).length === 2);
  assert.deepEqual(await conversationsOf(ADA), ['ada', 'ada-again']);
  assert.deepEqual(await conversationsOf(TWIN), []);
  await knows(ADA, {orders: '42', scored: '42', messages: '4'});
  await knows(TWIN, {orders: '0', scored: '0', messages: '0'});
  // Who still has the old name talks to the survivor.
  const late = await post('conversations', {customer: TWIN}, {conversationId: 'late'});
  assert.equal(late.customer, ADA);

  // What is undone while a service is away is done when it is back.
  await suite.kill('collaborative');
  await post(`${name}:undo`, {}, {}, [ADA, TWIN]);
  suite.start('collaborative');

  await until('the conversations are back', async () =>
    (await conversationsOf(TWIN)).length === 2);
  assert.deepEqual(await conversationsOf(ADA), ['ada']);
  assert.deepEqual(await conversationsOf(TWIN), ['ada-again', 'late']);
  for (const [customer, known] of Object.entries(apart)) await knows(customer, known);
});
