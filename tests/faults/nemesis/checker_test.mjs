// Shows what the judge of nemesis runs finds: a run that kept every promise
// passes, and each way to break one is named.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {check} from './checker.mjs';

const MONEY = {currencyCode: 'USD', units: '7'};

function event(id, resource, version, requestId, more = {}) {
  return {
    id, tenant: 'north', resource, resource_version: String(version),
    request_id: requestId, ordering_key: 'customers/a', ...more,
  };
}

function write(requestId, answer, more = {}) {
  return {
    tenant: 'north', kind: 'Write', requestId, path: `/v1/${answer?.name ?? 'x'}`,
    outcome: 'ok', answer, start: 0, end: 1, attempts: [{status: 200}], ...more,
  };
}

// A customer, renamed once, who bought one thing.
function goodRun() {
  const first = {name: 'customers/a', uid: 'u1', etag: '"1"', displayName: 'north 1'};
  const second = {...first, etag: '"2"', displayName: 'north 2'};
  const order = {
    name: 'orders/o', uid: 'u2', etag: '"1"', state: 'CONFIRMED',
    customer: 'customers/a', total: MONEY,
  };
  const identity = {kind: 'IDENTITY', state: 'FRESH', identity: {displayName: 'north 2'}};
  const profile = {slices: [
    identity, {kind: 'COMMERCIAL', commercial: {confirmedOrderCount: '1'}},
  ]};
  return {
    history: [
      write('r1', first, {start: 0, end: 10}),
      write('r2', second, {start: 20, end: 30}),
      write('r3', order, {start: 40, end: 50}),
      {
        isRead: true, kind: 'GetProfile', tenant: 'north', outcome: 'ok',
        path: '/v1/customers/a/profile', start: 60, attempts: [{status: 200}],
        known: {etag: '"2"', displayName: 'north 2'}, sentToken: 'token',
        answer: {slices: [structuredClone(identity)]},
      },
      {
        isRead: true, kind: 'Get', tenant: 'north', outcome: 'ok',
        path: '/v1/customers/a', start: 70, attempts: [{status: 200}],
        known: {etag: '"2"'}, answer: structuredClone(second),
      },
    ],
    truth: {
      rows: {north: [structuredClone(second), structuredClone(order)]},
      events: {operational: {heads: [3], partitions: [[
        event('e1', 'customers/a', 1, 'r1', {seq: '1', key_version: '1'}),
        event('e2', 'customers/a', 2, 'r2', {seq: '2', key_version: '2'}),
        event('e3', 'orders/o', 1, 'r3', {seq: '3', key_version: '3'}),
      ]]}},
      audits: {north: ['e1', 'e2', 'e3'].map(
          (eventId) => ({name: `auditEntries/${eventId}`, eventId}))},
      streams: {'ev:{operational:00}:e1': ['2-0', '3-0']},
      cacheKeys: ['prof:{north:a}'],
      warehouses: {north: {totalRevenue: MONEY}},
      profiles: {north: {'customers/a': profile}},
    },
    samples: {gateway: {
      before: {pid: 1, files: 20, threads: 4, memoryKb: 20_000},
      after: {pid: 1, files: 20, threads: 4, memoryKb: 21_000},
    }},
    faults: [],
  };
}

const feed = (run) => run.truth.events.operational;
const rows = (run) => run.truth.rows.north;

// What is done to a good run, by the invariant that it breaks.
const BREAKS = [
  ['I1', 'an acknowledged row is lost', (run) => rows(run).pop()],
  ['I1', 'a row has other content than was told', (run) => {
    rows(run)[1].total = {...MONEY, units: '8'};
  }],
  ['I1', 'a row is older than was told', (run) => {
    rows(run)[0].etag = '"1"';
  }],
  ['I1', 'a row was lost and made anew', (run) => {
    rows(run)[0].uid = 'other';
  }],
  ['I1', 'a repeat is answered otherwise', (run) => {
    run.history[0].repeated = {status: 200, body: {name: 'customers/b'}};
  }],
  ['I2', 'a refused write was done', (run) => {
    run.history[2].outcome = 'refused';
  }],
  ['I2', 'an unacknowledged batch is there in part', (run) => {
    run.history[2].outcome = 'unknown';
    run.history[2].body = {requests: [{}, {}]};
  }],
  ['I3', 'a version has no event', (run) => {
    feed(run).partitions[0].splice(1, 1);
  }],
  ['I3', 'two events tell one version', (run) => {
    feed(run).partitions[0][1].resource_version = '1';
  }],
  ['I3', 'an event tells of a row that is not there', (run) => {
    feed(run).partitions[0][2].resource = 'orders/p';
  }],
  ['I4', 'a partition has a hole', (run) => {
    feed(run).partitions[0][2].seq = '4';
  }],
  ['I4', 'an event comes twice', (run) => {
    feed(run).partitions[0][2].id = 'e2';
  }],
  ['I4', 'a partition ends before its head', (run) => {
    feed(run).heads[0] = 4;
  }],
  ['I4', 'a stream has a hole', (run) => {
    run.truth.streams['ev:{operational:00}:e1'] = ['1-0', '3-0'];
  }],
  ['I5', 'a key skips a version', (run) => {
    feed(run).partitions[0][2].key_version = '4';
  }],
  ['I6', 'the warehouse has other revenue', (run) => {
    run.truth.warehouses.north.totalRevenue = {...MONEY, units: '6'};
  }],
  ['I6', 'a profile shows an old name', (run) => {
    run.truth.profiles.north['customers/a'].slices[0].identity.displayName =
        'north 1';
  }],
  ['I6', 'a profile misses an order', (run) => {
    run.truth.profiles.north['customers/a'].slices[1].commercial = {};
  }],
  ['I7', 'a read goes back behind the own write', (run) => {
    run.history[4].answer.etag = '"1"';
  }],
  ['I7', 'a profile is older than the token', (run) => {
    run.history[3].answer.slices[0].identity.displayName = 'north 1';
  }],
  ['I7', 'a profile is more than a minute old', (run) => {
    delete run.history[3].sentToken;
    run.history[3].answer.slices[0].identity.displayName = 'north 1';
    run.history[3].start = 70_000;
  }],
  ['I8', 'a row of another tenant', (run) => {
    rows(run)[0].displayName = 'south 2';
  }],
  ['I8', 'an answer with another tenant\'s name', (run) => {
    run.history[4].answer.displayName = 'south 2';
  }],
  ['I8', 'a cache entry of nobody', (run) => {
    run.truth.cacheKeys.push('prof:{south:a}');
  }],
  ['I9', 'a change is not audited', (run) => run.truth.audits.north.pop()],
  ['I9', 'a change is audited twice', (run) => {
    run.truth.audits.north.push(run.truth.audits.north[0]);
  }],
  ['I10', 'an internal error', (run) => {
    run.history[0].attempts.unshift({status: 500, code: 13});
  }],
  ['I10', 'a good token is refused', (run) => {
    run.history[0].attempts.unshift({status: 401, code: 16});
  }],
  ['I11', 'files stay open', (run) => {
    run.samples.gateway.after.files = 60;
  }],
];

test('a run that kept every promise passes', () => {
  assert.deepEqual(check(goodRun()), []);
});

for (const [invariant, what, spoil] of BREAKS) {
  test(`${invariant}: ${what}`, () => {
    const run = goodRun();
    spoil(run);

    const found = check(run).map((violation) => violation.invariant);

    assert.ok(found.includes(invariant), `found ${found.join(' ') || 'nothing'}`);
  });
}

test('a profile may be a little old, or older if it says so', () => {
  for (const change of [
    (read) => {
      read.start = 50_000;
    },
    (read) => {
      read.start = 90_000;
      read.answer.slices[0].state = 'STALE';
    },
  ]) {
    const run = goodRun();
    const [, , , read] = run.history;
    delete read.sentToken;
    read.answer.slices[0].identity.displayName = 'north 1';
    change(read);

    assert.deepEqual(check(run), []);
  }
});

test('tokens may be refused while a clock is off', () => {
  const run = goodRun();
  run.faults = [{fault: {name: 'clock', mayRefuseTokens: true}, bites: 1}];
  run.history[0].attempts.unshift({status: 401, code: 16});

  assert.deepEqual(check(run), []);
});
