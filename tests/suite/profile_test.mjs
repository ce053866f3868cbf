// The whole customer in one call: how fresh each slice is, what a write's token
// promises, and what is said of it when parts of the suite are down.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {Suite} from './suite.mjs';

const SLICES =
    ['IDENTITY', 'COMMERCIAL', 'SCORES', 'LIFECYCLE', 'ENGAGEMENT'];
const OWNERS = {
  IDENTITY: 'operational', COMMERCIAL: 'operational', SCORES: 'analytical',
  LIFECYCLE: 'analytical', ENGAGEMENT: 'collaborative',
};

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

async function made(path, query, body) {
  const answer = await suite.post(path, {query, body});
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

// Makes a customer with a confirmed order of 25 USD, a run through the lifecycle
// that has had its first contact, and a conversation of a message and a note. Returns the tokens of the last writes, as headers.
async function makeCustomer(id) {
  const customer = `customers/${id}`;
  await made('/v1/customers', {customerId: id},
      {displayName: `Customer ${id}`, kind: 'PERSON'});
  await made('/v1/products', {productId: id}, {
    displayName: 'Tea', sku: id,
    listPrice: {currencyCode: 'USD', units: '25'},
  });
  await made('/v1/orders', {orderId: id}, {
    customer, currencyCode: 'USD', orderTime: '2026-01-05T00:00:00Z',
    lines: [{product: `products/${id}`, quantity: '1'}],
  });
  await made(`/v1/orders/${id}:submit`, {}, {});
  const confirmed = await made(`/v1/orders/${id}:confirm`, {}, {});
  await made('/v1/lifecycleJourneys', {lifecycleJourneyId: id}, {customer});
  const contacted = await made(`/v1/lifecycleJourneys/${id}:activate`, {}, {});
  await made('/v1/conversations', {conversationId: id}, {customer});
  await made(`/v1/conversations/${id}/messages`, {},
      {channel: 'EMAIL', direction: 'INBOUND', body: 'Where is my tea?'});
  const noted = await made(`/v1/conversations/${id}/messages`, {},
      {channel: 'INTERNAL', body: 'Sent yesterday.'});
  return [confirmed, contacted, noted].map(
      ({headers}) => ['crm-token', headers.get('crm-token')]);
}

// Reads a profile. Returns its slices by kind.
async function profileOf(id, options = {}) {
  const answer = await suite.get(`/v1/customers/${id}/profile`, options);
  assert.equal(answer.status, 200, answer.text);
  return Object.fromEntries(
      answer.body.slices.map((slice) => [slice.kind, slice]));
}

test('E01 one call answers the whole customer', async () => {
  const tokens = await makeCustomer('whole');

  const slices = await until('all slices know of the writes', async () => {
    const slices = await profileOf('whole', {headers: tokens});
    return SLICES.every((kind) => slices[kind].state === 'FRESH') && slices;
  }, 20_000);

  assert.deepEqual(Object.keys(slices).sort(), SLICES.toSorted());
  assert.equal(slices.IDENTITY.identity.displayName, 'Customer whole');
  assert.deepEqual(slices.COMMERCIAL.commercial, {
    orderCount: '1', confirmedOrderCount: '1',
    lifetimeRevenue: [{currencyCode: 'USD', units: '25'}],
    firstOrderTime: '2026-01-05T00:00:00Z',
    lastOrderTime: '2026-01-05T00:00:00Z',
  });
  assert.equal(slices.SCORES.scores.frequency, '1');
  assert.deepEqual(
      slices.SCORES.scores.monetary, {currencyCode: 'USD', units: '25'});
  assert.equal(slices.LIFECYCLE.lifecycle.stage, 'ACTIVATED');
  assert.equal(slices.LIFECYCLE.lifecycle.run, '1');
  assert.equal(slices.LIFECYCLE.lifecycle.journey, 'lifecycleJourneys/whole');
  assert.equal(slices.ENGAGEMENT.engagement.messageCount, '2');
  assert.equal(slices.ENGAGEMENT.engagement.internalNoteCount, '1');
  assert.equal(slices.ENGAGEMENT.engagement.contactCount, '1');
});

test('E02 each slice says how fresh it is, and of which state', async () => {
  const slices = await profileOf('whole');

  for (const kind of SLICES) {
    const {state, asOfTime, sourceVersion, service} = slices[kind];
    assert.equal(state, 'FRESH', kind);
    assert.equal(service, OWNERS[kind]);
    assert.ok(!Number.isNaN(Date.parse(asOfTime)), kind);
    assert.ok(Number(sourceVersion.feedEpoch) > 0, kind);
    assert.ok(Number(sourceVersion.version) > 0, kind);
  }
});

test('OP_11 a read with the token of a write shows the write', async () => {
  await made('/v1/customers', {customerId: 'own-writes'},
      {displayName: 'v0', kind: 'PERSON'});

  for (let version = 1; version <= 50; ++version) {
    const written = await suite.rest('PATCH', '/v1/customers/own-writes', {
      query: {updateMask: 'displayName'}, body: {displayName: `v${version}`},
    });
    assert.equal(written.status, 200, written.text);
    const token = written.headers.get('crm-token');
    assert.ok(token);

    const {IDENTITY} = await profileOf('own-writes', {
      query: {slices: 'IDENTITY'}, headers: {'crm-token': token},
    });

    assert.equal(IDENTITY.identity.displayName, `v${version}`);
    assert.equal(IDENTITY.state, 'FRESH');
  }
});

test('OP_11 without a token a read is soon as new', async () => {
  await suite.rest('PATCH', '/v1/customers/own-writes', {
    query: {updateMask: 'displayName'}, body: {displayName: 'without'},
  });

  // RELIABILITY bounds it at 60 s; the invalidation takes far less.
  await until('the profile is new', async () =>
    (await profileOf('own-writes')).IDENTITY.identity.displayName === 'without',
  10_000);
});

// Returns a counter of the gateway's near cache.
async function nearCount(what) {
  const answer = await fetch(
      `http://127.0.0.1:${suite.adminPorts.gateway}/metrics`);
  const [, count] = new RegExp(
      `^crm_cache_near_${what}_total (\\d+)$`, 'm').exec(await answer.text());
  return Number(count);
}

test('OP_11 what the gateway remembers gives way to a change', async () => {
  const remembered = await nearCount('hits');
  await until('it remembers the profile', async () => {
    await profileOf('own-writes');
    return await nearCount('hits') > remembered;
  });
  const told = await nearCount('invalidations');

  await suite.rest('PATCH', '/v1/customers/own-writes', {
    query: {updateMask: 'displayName'}, body: {displayName: 'remembered'},
  });

  await until('the gateway is told', async () =>
    await nearCount('invalidations') > told);
  await until('the profile is new', async () =>
    (await profileOf('own-writes')).IDENTITY.identity.displayName ===
        'remembered');
});

test('OP_11 the scores of a token know of its order', async () => {
  await made('/v1/orders', {orderId: 'second'}, {
    customer: 'customers/whole', currencyCode: 'USD',
    lines: [{product: 'products/whole', quantity: '2'}],
  });
  await made('/v1/orders/second:submit', {}, {});
  const {headers} = await made('/v1/orders/second:confirm', {}, {});
  const token = headers.get('crm-token');

  const {SCORES} = await until('the scores have seen it', async () => {
    const slices = await profileOf('whole', {headers: {'crm-token': token}});
    return slices.SCORES.state === 'FRESH' && slices;
  }, 20_000);

  assert.equal(SCORES.scores.frequency, '2');
  assert.equal(SCORES.scores.monetary.units, '75');
});

test('E02 the lifecycle of a token knows of the step', async () => {
  const none = await until('it is read', async () => {
    const {LIFECYCLE} =
        await profileOf('own-writes', {query: {slices: 'LIFECYCLE'}});
    return LIFECYCLE.state === 'FRESH' && LIFECYCLE;
  });
  assert.equal(none.lifecycle, undefined);
  const {body: before} = await made(
      '/v1/lifecycleJourneys', {}, {customer: 'customers/own-writes'});

  const {headers, body} = await made(`/v1/${before.name}:activate`, {}, {});
  const {LIFECYCLE} = await profileOf('own-writes', {
    query: {slices: 'LIFECYCLE'},
    headers: {'crm-token': headers.get('crm-token')},
  });

  assert.equal(LIFECYCLE.state, 'FRESH');
  assert.deepEqual(LIFECYCLE.lifecycle, {
    journey: body.name, run: '1', stage: 'ACTIVATED',
    enterTime: body.stageHistory[1].enterTime, entryKind: 'NEW_PROSPECT',
  });
});

test('OP_20 a call brief shows the scores of the profile, for a while without their service', async () => {
  const briefOf = async () => {
    const {status, text, body} =
        await suite.get('/v1/customers/whole:callBrief');
    assert.equal(status, 200, text);
    return body;
  };

  const {scores, partial} = await briefOf();
  assert.equal(partial, undefined);
  const byKind = Object.fromEntries(scores.map((score) => [score.kind, score]));
  assert.equal(byKind.FREQUENCY.value, '2');
  assert.equal(byKind.MONETARY.amount.units, '75');
  for (const {source, asOfTime} of scores) {
    assert.equal(source, 'customers/whole/profile');
    assert.ok(!Number.isNaN(Date.parse(asOfTime)));
  }

  await suite.kill('analytical');
  // The tester sees all customers: so he is shown what the cache has.
  const {scores: cached} = await briefOf();
  assert.deepEqual(cached, scores);
  suite.start('analytical');
  await suite.ready();
});

test('A29 the trail tells of each read of a profile, cached or not', async () => {
  const token = suite.token({subject: 'reader'});
  for (let i = 0; i < 3; ++i) await profileOf('whole', {token});

  const filter = 'outcome = READ AND actor = "reader" AND ' +
      'read_names:"customers/whole"';
  await until('the reads are told', async () => {
    const {body} = await suite.get('/v1/auditEntries', {query: {filter}});
    const told = (body.auditEntries ?? []).filter(
        ({method}) => method === '/crm.internal.v1.SliceService/Read');
    return told.reduce((sum, {callCount}) => sum + callCount, 0) >= 3;
  });
});

test('a profile of nobody is not found', async () => {
  const {status} = await suite.get('/v1/customers/nobody/profile');

  assert.equal(status, 404);
});

test('E02 with the cache down it answers, correctly, and says so', async () => {
  await suite.kill('redis-cache');
  const {headers} = await suite.rest('PATCH', '/v1/customers/own-writes', {
    query: {updateMask: 'displayName'}, body: {displayName: 'uncached'},
  });

  const slices = await profileOf('own-writes', {
    headers: {'crm-token': headers.get('crm-token')},
  });

  assert.equal(slices.IDENTITY.identity.displayName, 'uncached');
  assert.equal(slices.IDENTITY.state, 'DEGRADED');
  assert.equal(slices.ENGAGEMENT.state, 'DEGRADED');

  suite.start('redis-cache', {empty: true});
  await until('it is fresh again', async () =>
    (await profileOf('own-writes')).IDENTITY.state === 'FRESH');
});

test('E05 with a service down its slice says so, the others answer', async () => {
  // Not read before: nothing of it is in the cache.
  await made('/v1/customers', {customerId: 'e05'},
      {displayName: 'New', kind: 'PERSON'});
  await suite.kill('collaborative');

  const slices = await profileOf('e05');

  assert.equal(slices.ENGAGEMENT.state, 'MISSING');
  assert.equal(slices.ENGAGEMENT.reason, 'SERVICE_UNREACHABLE');
  assert.equal(slices.ENGAGEMENT.service, 'collaborative');
  assert.equal(slices.ENGAGEMENT.engagement, undefined);
  for (const kind of ['IDENTITY', 'COMMERCIAL', 'SCORES']) {
    assert.equal(slices[kind].state, 'FRESH', kind);
  }
  const direct = await suite.get('/v1/conversations');
  assert.equal(direct.status, 503);
  assert.match(direct.text, /collaborative/);

  suite.start('collaborative');
  await until('it is fresh again', async () =>
    (await profileOf('e05')).ENGAGEMENT.state === 'FRESH');
});
