// While the sample business is imported, random processes are killed, twenty in a row
// or as many as CRM_KILLS says. Afterwards every acknowledged write is there exactly
// once: in the store, in the events, in the warehouse.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {nanosOfMoney} from '../../gateway/clients/money.mjs';
import {importSample} from '../../gateway/clients/sample.mjs';
import {businessOf, readRows} from '../../gateway/clients/superstore.mjs';
import {Watch} from '../suite/changes.mjs';
import {GrpcCalls} from '../suite/grpc_calls.mjs';
import {Count, NotingClient, all, analysisWith, costOf} from
    '../suite/imports.mjs';
import {accepts, until} from '../suite/process.mjs';
import {PROGRAMS, REDIS_SERVERS, Suite} from '../suite/suite.mjs';

const KILLS = Number(process.env.CRM_KILLS ?? 20);
const SEED = Number(process.env.CRM_TEST_SEED ?? 20_261);
// The customers whose profiles are read all the while.
const PROFILES = 20;
const PROGRESS_MS = 30_000;
// The import waits for many kills where a batch took it far ahead.
const HELD_MS = 600_000;
// How long a process that was killed may be away, but for one in twenty that
// found the machine busy.
const AWAY_MS = 3_000;
// Of the writes that are sent again, one in so many, and how many at once.
const SENT_AGAIN = KILLS > 20 ? 1 : 10;
const IN_FLIGHT = 16;
// What a cache shows is at most that old.
const STALE_MS = 65_000;
const EVENTS_MS = 60_000;
// An order is created, submitted and confirmed.
const EVENTS_AN_ORDER = 3;

const business = businessOf(readRows());
const {customers, products, orders} = business;
const eventCount =
    customers.length + products.length + EVENTS_AN_ORDER * orders.length;

// Returns a function that gives numbers from 0 to below 1, the same for the same
// seed (mulberry32).
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

let suite;
let client;
// By name.
let stored;
let changes;

before(async () => {
  suite = await Suite.start();
  client = new NotingClient(suite);
});
after(() => suite?.stop());

// Returns whom to kill: at random, and each as often as the others.
function victims() {
  const random = randomOf(SEED);
  const chosen = [];
  while (chosen.length < KILLS) {
    const left = [...PROGRAMS, ...REDIS_SERVERS];
    while (left.length > 0) {
      chosen.push(...left.splice(Math.floor(random() * left.length), 1));
    }
  }
  return chosen.slice(0, KILLS);
}

// Kills a process each time that a part more of the import is done. The import
// waits rather than come to its end before that. Returns the names of the killed,
// and for how long each was away.
async function killAlong(count, isOver) {
  // An order is done when it is created, and again when it is confirmed.
  const total = customers.length + products.length + 2 * orders.length;
  const part = total / (KILLS + 2);
  const killed = [];
  const away = [];
  let doneBefore = 0;
  const isAhead = () => count.done >= (killed.length + 3) * part;
  let killing = true;
  client.permit =
      () => until('processes are killed', () => !killing || !isAhead(), HELD_MS);
  try {
    for (const name of victims()) {
      await until(`the import goes on after ${killed.at(-1)} was killed`, () => {
        assert.ok(!isOver(), 'the import is over before all kills');
        return isAhead() ||
            (count.done >= (killed.length + 1) * part && count.done > doneBefore);
      }, PROGRESS_MS);
      const {before, after} = await suite.restart(name);
      assert.notEqual(after, before);
      const started = performance.now();
      await until(`${name} is back`, () => accepts(suite.ports[name]), PROGRESS_MS);
      away.push({name, ms: Math.round(performance.now() - started)});
      doneBefore = count.done;
      killed.push(name);
    }
  } finally {
    killing = false;
  }
  return {killed, away};
}

// Reads profiles until the import is over, so that caches hold states of all
// times. Processes being killed, an answer may be missing.
async function readProfiles(isOver) {
  for (let i = 0; !isOver(); i = (i + 1) % PROFILES) {
    await suite.get(`/v1/${customers[i].name}/profile`).catch(() => {});
  }
}

test(`F01 the import survives ${KILLS} kills`, async (t) => {
  t.diagnostic(`CRM_TEST_SEED=${SEED}`);
  const count = new Count();
  let over = false;
  const importing = importSample(client, count, business).finally(() => {
    over = true;
  });
  const isOver = () => over;

  const [{nanos}, {killed, away}] = await Promise.all(
      [importing, killAlong(count, isOver), readProfiles(isOver)]);
  await suite.ready();

  t.diagnostic(`killed: ${killed.join(' ')}; ${client.retries} calls repeated`);
  away.sort((a, b) => a.ms - b.ms);
  const {ms} = away[Math.floor(away.length * 0.95) - 1];
  t.diagnostic(`19 in 20 were back after ${ms} ms, the last was ` +
      `${away.at(-1).name} after ${away.at(-1).ms} ms`);
  assert.ok(ms <= AWAY_MS, JSON.stringify(away.slice(-10)));
  assert.equal(killed.length, KILLS);
  assert.ok(client.retries > 0, 'no call ever met a killed process');
  assert.equal(nanos, business.totalNanos);
  for (const [name, {starts, running}] of suite.processes) {
    assert.ok(running, `${name} is not running`);
    assert.equal(
        starts, 1 + killed.filter((victim) => victim === name).length);
  }
});

test('F01 the store has every acknowledged write once', async () => {
  const found = (await Promise.all(['customers', 'products', 'orders'].map(
      (collection) => all(client, collection)))).flat();
  stored = new Map(found.map((resource) => [resource.name, resource]));

  assert.equal(found.length, stored.size);
  assert.deepEqual(
      [...stored.keys()].sort(),
      [...customers, ...products, ...orders].map(({name}) => name).sort());
  for (const {name, uid} of client.acknowledged) {
    // One that was lost and made again would have another uid.
    assert.equal(stored.get(name).uid, uid, name);
  }
  for (const {name} of orders) {
    assert.equal(stored.get(name).state, 'CONFIRMED', name);
    assert.equal(stored.get(name).etag, `"${EVENTS_AN_ORDER}"`, name);
  }
  assert.equal(
      costOf(orders.map(({name}) => stored.get(name))), business.totalNanos);
});

test('F01 a write that is sent again is answered as it was', async (t) => {
  const again = client.writes.filter((write, i) => i % SENT_AGAIN === 0);
  let next = 0;
  await Promise.all(Array.from({length: IN_FLIGHT}, async () => {
    while (next < again.length) {
      const write = again[next++];
      assert.ok(write.body.requestId, write.path);
      assert.deepEqual(await client.repeat(write), write.answer, write.path);
    }
  }));
  t.diagnostic(`${again.length} of ${client.writes.length} writes sent again`);
  assert.ok(again.length > 0);
});

test('the log has as many events as there were writes', async () => {
  const feed = new GrpcCalls(
      `127.0.0.1:${suite.ports.operational}`, suite.systemToken())
      .read('crm.internal.v1.Feed', 'crm/internal/v1/feed.proto');

  const head = await until('all events are numbered', async () => {
    const {response} = await feed.call('crm.internal.v1.Feed/Head', {});
    return !Number(response.pending_count ?? 0) && response;
  });
  feed.close();

  assert.equal(
      head.head_seqs.reduce((sum, seq) => sum + Number(seq), 0), eventCount);
});

test('F01 the events tell every acknowledged write once, without holes', async () => {
  const watch = await Watch.open(suite, {fromBeginning: true});
  changes = await watch.first(eventCount, EVENTS_MS);
  await watch.close();

  assert.equal(changes.length, eventCount);
  const told = new Set(changes.map(
      ({resource, resourceVersion}) => `${resource} "${resourceVersion}"`));
  assert.equal(told.size, eventCount, 'a version was told by two events');
  for (const {name, etag} of client.acknowledged) {
    assert.ok(told.has(`${name} ${etag}`), `${name} ${etag} was not told`);
  }
  const created = changes.filter(({type}) => type.endsWith('.created'));
  assert.deepEqual(
      created.map(({resource}) => resource).sort(), [...stored.keys()].sort());
});

test('the events of each key are numbered without holes, in order', () => {
  const versions = new Map();
  for (const {orderingKey, keyVersion} of changes) {
    const next = (versions.get(orderingKey) ?? 0) + 1;
    assert.equal(Number(keyVersion), next, orderingKey);
    versions.set(orderingKey, next);
  }
  assert.equal(versions.size, customers.length + products.length);
});

test('the audit trail has each of them once', async () => {
  const entries = await all(client, 'auditEntries', {filter: 'outcome = DONE'});

  assert.equal(entries.length, eventCount);
  assert.deepEqual(
      entries.map(({eventId}) => eventId).sort(),
      changes.map(({eventId}) => eventId).sort());
});

test('profiles tell what the store has', async () => {
  for (const {name} of customers.slice(0, PROFILES)) {
    const bought = [...stored.values()].filter(
        ({customer, state}) => customer === name && state === 'CONFIRMED');
    await until(`the profile of ${name} knows its orders`, async () => {
      const {body} = await suite.get(`/v1/${name}/profile`);
      const {commercial} = body.slices.find(({kind}) => kind === 'COMMERCIAL');
      return Number(commercial.confirmedOrderCount) === bought.length &&
          nanosOfMoney(commercial.lifetimeRevenue[0]) === costOf(bought);
    }, STALE_MS);
  }
});

test('the warehouse has what the store has', async () => {
  const analysis = await analysisWith(client, business.totalNanos);

  assert.equal(Number(analysis.customerCount), customers.length);
});
