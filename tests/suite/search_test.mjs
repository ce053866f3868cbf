// One search over the resources of all services, through the gateway.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {Suite} from './suite.mjs';

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

async function make(path, query, body) {
  const made = await suite.post(path, {query, body});
  assert.equal(made.status, 200, made.text);
  return made;
}

async function search(query) {
  const found = await suite.get('/v1/resources:search', {query});
  assert.equal(found.status, 200, found.text);
  return found.body;
}

const names = (page) => (page.results ?? []).map((result) => result.name);

test('A18 A19 a search finds what services have just answered, the newest first', async () => {
  await make('/v1/customers', {customerId: 'zoe'},
      {displayName: 'Zoë Quartzman', kind: 'PERSON'});
  await make('/v1/products', {productId: 'clock'}, {
    displayName: 'Quartz clock', sku: 'clock',
    listPrice: {currencyCode: 'USD', units: '25'},
  });
  await make('/v1/conversations', {conversationId: 'talk'},
      {customer: 'customers/zoe', subject: 'About the QUARTZ'});

  const page = await search({query: 'quartz'});

  assert.deepEqual(
      names(page), ['conversations/talk', 'products/clock', 'customers/zoe']);
  assert.deepEqual(page.results[0].matchedFields, ['subject']);
  assert.equal(page.results[2].title, 'Zoë Quartzman');
  assert.equal(page.results[2].resourceType, 'crm/Customer');
  assert.equal(page.unreachable, undefined);

  const paged = [];
  let token = '';
  do {
    const one = await search({query: 'quartz', pageSize: 1, pageToken: token});
    paged.push(...names(one));
    token = one.nextPageToken ?? '';
  } while (token);
  assert.deepEqual(paged, names(page));
  assert.deepEqual(names(await search({query: 'zoe quartz'})), ['customers/zoe']);
});

test('A18 a service that is down is named, and what others have is found', async () => {
  await suite.kill('collaborative');

  const page = await search({query: 'quartz'});

  assert.deepEqual(names(page), ['products/clock', 'customers/zoe']);
  assert.deepEqual(page.unreachable, ['collaborative']);
});
