// From what customers did to what is done for them: which treatment each is
// given, what came of it, and the map of where they met the business.

import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {Suite} from './suite.mjs';

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

async function made(path, query, body) {
  const answer = await suite.post(path, {query, body});
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

async function read(path, query = {}) {
  const answer = await suite.get(path, {query});
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

async function order(id, customer) {
  await made('/v1/orders', {orderId: id}, {
    customer, currencyCode: 'USD',
    lines: [{product: 'products/tea', quantity: '2'}],
  });
  await made(`/v1/orders/${id}:submit`, {}, {});
  await made(`/v1/orders/${id}:confirm`, {}, {});
}

test('ID_04 needs tell treatments apart, and orders tell what came of them', async () => {
  await made('/v1/products', {productId: 'tea'}, {
    displayName: 'Tea', sku: 'TEA',
    listPrice: {currencyCode: 'USD', units: '25'},
  });
  for (const [id, segment] of [['ada', 'Price'], ['bea', 'Care']]) {
    await made('/v1/customers', {customerId: id},
        {displayName: 'The same', kind: 'PERSON', segment});
  }
  await made('/v1/treatments', {treatmentId: 'discount'},
      {displayName: 'Discount', needsGroup: 'Price'});
  await made('/v1/treatments', {treatmentId: 'visit'},
      {displayName: 'Visit', needsGroup: 'Care'});
  const requestId = randomUUID();
  const choose = (customer, body = {}) => suite.post(
      '/v1/treatmentAssignments:choose', {body: {customer, ...body}});
  const ada = await until('the warehouse knows Ada', async () => {
    const answer = await choose('customers/ada', {requestId});
    return answer.status === 200 && answer.body;
  });
  const bea = await until('the warehouse knows Bea', async () => {
    const answer = await choose('customers/bea');
    return answer.status === 200 && answer.body;
  });

  assert.equal(ada.treatment, 'treatments/discount');
  assert.deepEqual(ada.reasons,
      [{condition: 'needs_group', asked: 'Price', found: 'Price'}]);
  assert.equal(bea.treatment, 'treatments/visit');
  assert.equal(ada.valueTier, bea.valueTier);
  const repeated = await choose('customers/ada', {requestId});
  assert.equal(repeated.body.name, ada.name);
  assert.equal((await read(`/v1/${ada.name}`)).treatment, ada.treatment);

  await order('first', 'customers/ada');
  const arms = await until('the order counts', async () => {
    const {arms} = await read('/v1/treatmentAssignments:measureTreatments',
        {startTime: '2020-01-01T00:00:00Z'});
    return arms.some(({orderCount}) => orderCount === '1') && arms;
  });
  const [discount, visit] = arms;
  assert.equal(discount.treatment, 'treatments/discount');
  assert.deepEqual(discount.revenue, [{currencyCode: 'USD', units: '50'}]);
  assert.equal(discount.conversionMillionths, 1_000_000);
  assert.equal(visit.treatment, 'treatments/visit');
  assert.equal(visit.orderCount ?? '0', '0');
});

test('CY_04 a visit is on the map, in the stage of its time', async () => {
  await made('/v1/lifecycleJourneys', {lifecycleJourneyId: 'ada'},
      {customer: 'customers/ada'});
  await made('/v1/activities', {activityId: 'task'},
      {subject: 'Print', kind: 'TASK', customer: 'customers/ada'});
  await made('/v1/activities/task:complete', {}, {});
  await made('/v1/activities', {activityId: 'visit'},
      {subject: 'See her', kind: 'VISIT', customer: 'customers/ada'});
  await made('/v1/activities/visit:complete', {}, {});

  const map = await until('the visit is known', async () => {
    const map = await read('/v1/lifecycleJourneys:getExperienceMap',
        {customer: 'customers/ada'});
    return map.touchpointCount === '2' && map;
  });

  assert.deepEqual(
      map.touchpoints.map(({origin, kind, channel, stage}) =>
        [origin, kind, channel ?? '', stage ?? '']),
      [['orders/first', 'ORDER', '', ''],
        ['activities/visit', 'ACTIVITY', 'VISIT', 'VIRGIN']]);
  for (const {sentiment, ease} of map.touchpoints) {
    assert.equal(sentiment.state, 'NO_DATA');
    assert.equal(ease.state, 'NO_DATA');
  }
});
