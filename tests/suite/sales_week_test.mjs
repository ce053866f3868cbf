// A company's week, by a client over REST, on a clock that goes from day to day:
// leads arrive and convert, deals move, quotes are accepted or expire, orders
// are shipped and partly come back, a manager is denied what is not his, and a
// merge and an import are taken back. Then what must hold of all of it.
//
// The tests are the days, one after another, and each builds on those before.

import assert from 'node:assert/strict';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {nanosOfMoney} from '../../gateway/clients/money.mjs';
import {Watch} from './changes.mjs';
import {until} from './process.mjs';
import {Suite} from './suite.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
const PEOPLE = {
  ann: {role: 'sales_rep', subject: 'user:ann'},
  max: {role: 'regional-manager', subject: 'user:max'},
  boss: {role: 'sales_manager', subject: 'user:boss'},
  admin: {role: 'tenant_admin', subject: 'user:admin'},
};
// A manager who leads what his teams own, as the tenant has defined him.
const REGIONAL_MANAGER = {
  displayName: 'Regional manager',
  grants: [{
    scope: 'TEAM',
    permissions: ['leads.*', 'opportunities.*', 'quotes.*', 'orders.*',
      'orderReturns.*', 'customers.get', 'customers.list'],
  }, {permissions: ['changes.watch', 'resources.search']}],
};
const STAGES = [
  {stageId: 'new', displayName: 'New', outcome: 'OPEN', probabilityMillionths: 100_000},
  {stageId: 'talk', displayName: 'Talk', outcome: 'OPEN', probabilityMillionths: 300_000},
  {stageId: 'offer', displayName: 'Offer', outcome: 'OPEN', probabilityMillionths: 600_000,
    requiredFields: ['amount'], needsApproval: true},
  {stageId: 'won', displayName: 'Won', outcome: 'WON', probabilityMillionths: 1_000_000},
  {stageId: 'lost', displayName: 'Lost', outcome: 'LOST'},
];
const SALES = ['customers', 'leads', 'accounts', 'contacts', 'opportunities',
  'quotes', 'orders', 'orderReturns'];
const euros = (units) => ({currencyCode: 'EUR', units: String(units)});

let suite;

before(async () => {
  suite = await Suite.start({shim: process.env.CRM_CLOCK_SHIM});
});
after(() => suite?.stop());

// Makes a call as a person. Returns {status, body}.
function ask(person, verb, path, {query = {}, body} = {}) {
  return suite.rest(verb, `/v1/${path}`,
      {token: suite.token(PEOPLE[person]), query, body});
}

// The same for a call that must succeed. Returns its answer.
async function does(person, verb, path, options) {
  const {status, text, body} = await ask(person, verb, path, options);
  assert.equal(status, 200, `${person} ${verb} ${path}: ${text}`);
  return body;
}

const make = (person, collection, idField, id, body) =>
  does(person, 'POST', collection, {query: {[idField]: id}, body});
const act = (person, name, verb, body = {}) =>
  does(person, 'POST', `${name}:${verb}`, {body});
const read = (person, path, query) => does(person, 'GET', path, {query});

// Makes a call that must be refused with this reason. Returns the details.
async function refused(reason, person, name, verb, body = {}) {
  const {status, text, body: error} =
      await ask(person, 'POST', `${name}:${verb}`, {body});
  assert.notEqual(status, 200, `${person} ${verb} ${name} was let through`);
  const info = error.details?.find(({reason}) => reason);
  assert.equal(info?.reason, reason, text);
  return info;
}

// Returns all resources of a collection.
async function all(collection, query = {}) {
  const rows = [];
  let pageToken = '';
  do {
    const page = await read('admin', collection, {pageSize: 200, pageToken, ...query});
    rows.push(...(page[collection] ?? []));
    pageToken = page.nextPageToken ?? '';
  } while (pageToken);
  return rows;
}

// Goes on to an hour of a day of the week, both counted from its beginning, and
// waits until all programs have noticed: they take a token of that hour.
async function goTo(day, hour) {
  suite.time.set(day * DAY + hour * HOUR);
  await suite.ready();
}

test('Sunday: the company is set up', async () => {
  await goTo(0, 0);
  await make('admin', 'roles', 'roleId', 'regional-manager', REGIONAL_MANAGER);
  for (const [id, {subject, role}] of Object.entries(PEOPLE)) {
    if (id === 'admin') continue;
    const user = await make('admin', 'users', 'userId', id,
        {displayName: id, subject, roles: [role]});
    if (user.state !== 'ACTIVE') await act('admin', user.name, 'activate');
  }
  await make('admin', 'teams', 'teamId', 'north',
      {displayName: 'North', members: ['users/ann']});
  await make('admin', 'teams', 'teamId', 'south',
      {displayName: 'South', members: ['users/max'], manager: 'users/max'});
  await make('boss', 'pipelines', 'pipelineId', 'default',
      {displayName: 'Sales', stages: STAGES});
  await act('boss', 'pipelines/default', 'activate');
  await make('boss', 'taxClasses', 'taxClassId', 'standard',
      {displayName: 'Standard', rateMillionths: 190_000});
  await make('boss', 'products', 'productId', 'lamp', {
    displayName: 'Lamp', sku: 'LAMP', taxClass: 'taxClasses/standard',
    listPrice: euros(10),
  });
});

test('B01 B03 Monday: leads arrive and convert, once', async () => {
  await goTo(1, 9);
  for (const id of ['ada', 'bob', 'cleo']) {
    await make('ann', 'leads', 'leadId', id, {
      displayName: `${id} of ${id} Ltd`, company: `${id} Ltd`,
      email: `${id}@${id}.example`,
    });
  }
  const early = await refused('ILLEGAL_TRANSITION', 'ann', 'leads/ada', 'convert');
  assert.equal(early.metadata.state, 'NEW');
  await act('ann', 'leads/cleo', 'disqualify', {disqualifyReason: 'no budget'});
  for (const id of ['ada', 'bob']) {
    await act('ann', `leads/${id}`, 'qualify');
    const requestId = crypto.randomUUID();
    const convert = () => act('ann', `leads/${id}`, 'convert',
        {requestId, opportunityDisplayName: `Lamps for ${id}`});
    const converted = await convert();
    assert.deepEqual(await convert(), converted);
  }
  await refused('ILLEGAL_TRANSITION', 'ann', 'leads/ada', 'convert');

  const leads = await all('leads');
  assert.deepEqual(leads.map(({state}) => state).sort(),
      ['CONVERTED', 'CONVERTED', 'DISQUALIFIED']);
  for (const collection of ['accounts', 'contacts', 'opportunities']) {
    assert.equal((await all(collection)).length, 2, collection);
  }
});

// Returns the opportunity of a lead.
async function dealOf(lead) {
  const {convertedOpportunity} = await read('admin', `leads/${lead}`);
  return read('admin', convertedOpportunity);
}

test('B11 Tuesday: deals move by the rules of their stages', async () => {
  await goTo(2, 10);
  for (const id of ['ada', 'bob']) {
    const {name} = await dealOf(id);
    await refused('STAGE_SKIPPED', 'ann', name, 'moveStage', {stage: 'offer'});
    await act('ann', name, 'moveStage', {stage: 'talk'});
    await refused('STAGE_FIELDS_MISSING', 'ann', name, 'moveStage', {stage: 'offer'});
    await does('ann', 'PATCH', name,
        {query: {updateMask: 'amount'}, body: {amount: euros(500)}});
    await refused('STAGE_NOT_APPROVED', 'ann', name, 'moveStage', {stage: 'offer'});
    await act('boss', name, 'approveStage', {approvedStage: 'offer'});
    await goTo(2, 12);
    await act('ann', name, 'moveStage', {stage: 'offer'});
  }
});

test('B17 Wednesday: quotes go out, and one is accepted, once', async () => {
  await goTo(3, 9);
  const friday = new Date(suite.time.now().getTime() + 2 * DAY * 1000);
  for (const id of ['ada', 'bob']) {
    const {customer, account, name} = await dealOf(id);
    const quote = await make('ann', 'quotes', 'quoteId', id, {
      customer, account, opportunity: name, currencyCode: 'EUR',
      discountMillionths: 100_000, expireTime: friday.toISOString(),
      lines: [{product: 'products/lamp', quantity: '30'}],
    });
    // 30 x 10 less 10 %, and 19 % tax on it.
    assert.equal(nanosOfMoney(quote.totals.total), 321_300_000_000n);
    await act('ann', quote.name, 'send');
  }
  const requestId = crypto.randomUUID();
  const accepted = await act('ann', 'quotes/ada', 'accept', {requestId});
  assert.deepEqual(
      await act('ann', 'quotes/ada', 'accept', {requestId}), accepted);
  await refused('ILLEGAL_TRANSITION', 'ann', 'quotes/ada', 'decline');
  const deal = await dealOf('ada');
  await act('ann', deal.name, 'win');

  const orders = await all('orders');
  assert.deepEqual(orders.map(({name}) => name), [accepted.order]);
  assert.deepEqual(orders[0].total, accepted.totals.total);
});

test('A36 Thursday: another manager reaches nothing of it', async () => {
  await goTo(4, 9);
  const {order} = await read('admin', 'quotes/ada');
  const {name: deal} = await dealOf('bob');
  for (const name of ['leads/ada', deal, 'quotes/ada', order]) {
    const {status} = await ask('max', 'GET', name);
    assert.equal(status, 404, name);
  }
  for (const [name, verb, body] of [
    [deal, 'win'], [deal, 'approveStage', {approvedStage: 'offer'}],
    ['quotes/bob', 'accept'], [order, 'confirm'],
  ]) {
    const {status} = await ask('max', 'POST', `${name}:${verb}`, {body: body ?? {}});
    assert.equal(status, 404, `${verb} ${name}`);
  }
  for (const collection of ['leads', 'opportunities', 'quotes', 'orders']) {
    assert.deepEqual(await read('max', collection), {}, collection);
  }
  const found = await read('max', 'resources:search', {query: 'ada'});
  assert.equal(found.results, undefined);
});

test('OP_04 Thursday: the order is shipped in two parts', async () => {
  await goTo(4, 10);
  const {order} = await read('admin', 'quotes/ada');
  await act('boss', order, 'confirm');
  const {lines: [{lineId}]} = await read('boss', order);
  const ship = (quantity) =>
    act('boss', order, 'fulfill', {fulfilledLines: [{lineId, quantity}]});

  assert.equal((await ship('12')).fulfillment, 'PARTIAL');
  await refused('LINE_NOT_OPEN', 'boss', order, 'fulfill',
      {fulfilledLines: [{lineId, quantity: '19'}]});
  assert.equal((await ship('18')).fulfillment, 'COMPLETE');
});

test('B18 Friday: a part comes back, and the other quote expires', async () => {
  // Timers do not believe at once that a clock was set ahead; a service that is
  // started then knows no other time.
  await suite.kill('operational', 'SIGTERM');
  suite.time.set(5 * DAY + 10 * HOUR);
  suite.start('operational');
  await suite.ready();
  const {order} = await read('admin', 'quotes/ada');
  const {lines: [{lineId}]} = await read('boss', order);
  const {name} = await make('ann', 'orderReturns', 'orderReturnId', 'back',
      {order, lines: [{lineId, quantity: '3'}], reason: 'broken'});
  await refused('ILLEGAL_TRANSITION', 'boss', name, 'refund');
  for (const verb of ['approve', 'receive', 'refund']) {
    await act('boss', name, verb);
  }
  const {refund} = await read('boss', name);
  // A tenth of what was paid.
  assert.equal(nanosOfMoney(refund), 32_130_000_000n);

  const expired = await until('the quote expires', async () => {
    const quote = await read('boss', 'quotes/bob');
    return quote.state === 'EXPIRED' && quote;
  });
  await refused('ILLEGAL_TRANSITION', 'ann', expired.name, 'accept');
  const {name: deal} = await dealOf('bob');
  await act('ann', deal, 'lose', {lostReason: 'no answer'});
});

// Returns all rows of sales by their names, without what any write changes.
async function standing() {
  const rows = [];
  for (const collection of SALES) rows.push(...await all(collection));
  return new Map(rows.map(({etag, updateTime, updater, ...row}) => [row.name, row]));
}

test('A41 A42 A43 Saturday: customers are merged, and that is taken back', async () => {
  await goTo(6, 10);
  // Ada comes again, by another way.
  const twin = await make('ann', 'customers', 'customerId', 'ada-again',
      {displayName: 'Ada', kind: 'ORGANISATION'});
  await make('ann', 'leads', 'leadId', 'ada-again',
      {displayName: 'Ada again', customer: twin.name, owner: 'user:ann'});
  const {customer: survivor} = await read('admin', 'leads/ada');
  const before = await standing();

  const merge = await make('boss', 'mergeOperations', 'mergeOperationId', 'ada',
      {survivor, merged: [twin.name]});
  assert.equal(merge.state, 'PREVIEWED');
  assert.equal(merge.linkCount, '1');
  assert.deepEqual(await standing(), before);

  await act('boss', merge.name, 'apply');
  assert.equal((await read('boss', 'leads/ada-again')).customer, survivor);
  const old = await read('boss', twin.name);
  assert.equal(old.state, 'MERGED');
  assert.equal(old.mergedInto, survivor);
  await refused('ILLEGAL_TRANSITION', 'boss', merge.name, 'apply');

  await act('boss', merge.name, 'undo');
  assert.deepEqual(await standing(), before);
});

// Waits for the end of an operation. Returns its response.
async function done({name}) {
  const {response, error} = await until(`${name} is done`, async () => {
    const operation = await read('admin', name);
    return operation.done && operation;
  });
  assert.equal(error, undefined, JSON.stringify(error));
  return response;
}

test('A10 A11 A12 Saturday: contacts are imported, and that is taken back', async () => {
  const before = await standing();
  const rows = ['Name,Mail', ...Array.from({length: 250}, (unused, i) =>
    `Guest ${i},${i === 7 ? 'nowhere' : `guest${i}@fair.example`}`)].join('\n');
  const plan = {
    format: 'CSV',
    columns: [{column: 'Name', field: 'display_name'}, {column: 'Mail', field: 'email'}],
  };
  const importing = async (more) => {
    const operation = await does('admin', 'POST', 'contacts:import',
        {body: {plan: {...plan, ...more}}});
    await act('admin', operation.name, 'addRows', {
      part: '1', content: Buffer.from(rows).toString('base64'), last: true,
    });
    return {name: operation.name, result: await done(operation)};
  };

  const dry = await importing({dryRun: true});
  assert.equal(dry.result.createdCount, '249');
  assert.equal(dry.result.failedCount, '1');
  assert.deepEqual(await standing(), before);

  const {name, result} = await importing({});
  assert.equal(result.createdCount, '249');
  assert.equal(result.failedCount, '1');
  // Each with the customer that it is.
  assert.equal((await standing()).size, before.size + 2 * 249);

  const reverted = await done(await act('admin', name, 'revert'));
  assert.equal(reverted.deletedCount, String(2 * 249));
  assert.deepEqual(await standing(), before);
});

test('OP_03 in the end the stays of each deal add up to its age', async () => {
  const instant = (time) => Date.parse(time);
  const deals = await all('opportunities');
  assert.deepEqual(deals.map(({state}) => state).sort(), ['LOST', 'WON']);
  for (const {name, createTime, stageHistory} of deals) {
    assert.equal(instant(stageHistory[0].enterTime), instant(createTime), name);
    stageHistory.slice(1).forEach(({enterTime}, i) =>
      assert.equal(enterTime, stageHistory[i].leaveTime, name));
    assert.equal(stageHistory.at(-1).leaveTime, undefined, name);
    // Two days and more, by the clock of the test.
    const age = instant(stageHistory.at(-1).enterTime) - instant(createTime);
    assert.ok(age > 2 * DAY * 1000, `${name} ${age}`);
  }
});

test('OP_04 in the end all sums are those of their lines', async () => {
  const sum = (lines, field) =>
    lines.reduce((total, line) => total + nanosOfMoney(line[field] ?? {}), 0n);
  for (const {name, lines, totals} of
    [...await all('orders'), ...await all('quotes')]) {
    assert.equal(nanosOfMoney(totals.net), sum(lines, 'net'), name);
    assert.equal(nanosOfMoney(totals.tax), sum(lines, 'tax'), name);
    assert.equal(nanosOfMoney(totals.total),
        nanosOfMoney(totals.net) + nanosOfMoney(totals.tax), name);
  }
  for (const {lines} of await all('orders')) {
    for (const {quantity, fulfilledQuantity, returnedQuantity} of lines) {
      assert.deepEqual([quantity, fulfilledQuantity, returnedQuantity],
          ['30', '30', '3']);
    }
  }
});

test('A27 in the end each version of each resource has its event', async () => {
  const rows = [];
  for (const collection of SALES) {
    const deleted = ['contacts', 'customers'].includes(collection) ?
      {showDeleted: true} : {};
    rows.push(...await all(collection, deleted));
  }
  const version = ({etag}) => Number(etag.replaceAll('"', ''));
  const watch = await Watch.open(
      suite, {fromBeginning: true}, {token: suite.token(PEOPLE.admin)});
  const versions = new Map();
  const keys = new Map();
  const note = (map, key, value) => map.set(key, [...map.get(key) ?? [], Number(value)]);
  await until('all is told', () => {
    versions.clear();
    for (const {resource, resourceVersion} of watch.changes.values()) {
      note(versions, resource, resourceVersion);
    }
    return rows.every((row) => versions.get(row.name)?.length >= version(row));
  });
  await watch.close();

  const upTo = (count) => Array.from({length: count}, (unused, i) => i + 1);
  for (const row of rows) {
    // What went to another customer and back is told in two orders.
    assert.deepEqual(versions.get(row.name).toSorted((a, b) => a - b),
        upTo(version(row)), row.name);
  }
  // Nor have the numbers of what is ordered with a customer any holes.
  for (const {orderingKey, keyVersion} of watch.changes.values()) {
    note(keys, orderingKey, keyVersion);
  }
  for (const [key, told] of keys) assert.deepEqual(told, upTo(told.length), key);
});

test('E01 in the end the profile says what was sold', async () => {
  const [order] = await all('orders');
  const slice = await until('the profile knows', async () => {
    const {slices} = await read('admin', `${order.customer}/profile`);
    const {commercial} = slices.find(({kind}) => kind === 'COMMERCIAL');
    return commercial?.confirmedOrderCount === '1' && commercial;
  });
  assert.equal(slice.orderCount, '1');
  assert.deepEqual(slice.lifetimeRevenue, [order.total]);
});

test('A28 in the end the audit chain is whole', async () => {
  const token = suite.token(PEOPLE.admin);
  // A stop signs the heads.
  await suite.kill('operational', 'SIGTERM');
  suite.start('operational');
  await until('the service is back', async () =>
    (await suite.get('/v1/auditChains/operational:read', {token})).status === 200);
  const exported = suite.audit('export', '--gateway', suite.address,
      '--token-file', suite.tokenFile(), '--service', 'operational',
      '--out', join(suite.folder, 'dump'));
  assert.equal(exported.status, 0, exported.text);
  const verified = suite.audit('verify', '--dump', 'dump', '--checkpoints',
      'operational.checkpoints', '--keys', 'audit.json');
  assert.equal(verified.status, 0, verified.text);
});
