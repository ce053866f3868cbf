import assert from 'node:assert/strict';
import {afterEach, beforeEach, test} from 'node:test';

import {ApiError, RestClient, forEachOf, requestIdOf} from
    '../../gateway/clients/rest.mjs';
import {FakeApi} from './fake_api.mjs';

let api;
let pauses;

beforeEach(async () => {
  api = await new FakeApi().start();
  pauses = [];
});
afterEach(() => api.stop());

function newClient(options = {}) {
  const pause = async (ms) => pauses.push(ms);
  return new RestClient(
      {url: api.url, tokenFile: api.tokenFile, pause, ...options});
}

test('a request id is a UUID that follows from its words', () => {
  const id = requestIdOf('create', 'customers/a');

  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(id, requestIdOf('create', 'customers/a'));
  assert.notEqual(id, requestIdOf('create', 'customers', 'a'));
});

const CONFLICT = {status: 409, reason: 'TRANSACTION_CONFLICT'};

for (const failure of [429, 500, 503, 'reset', CONFLICT]) {
  const name = failure.reason ?? failure;
  test(`a call that meets ${name} is repeated`, async () => {
    api.failBefore = (method, path, count) => count <= 3 ? failure : null;
    const client = newClient();

    assert.deepEqual(await client.get('/v1/customers'), {customers: []});
    assert.equal(client.retries, 3);
    assert.equal(pauses.length, 3);
  });
}

test('pauses grow up to three seconds', async () => {
  api.failBefore = (method, path, count) => count <= 12 ? 503 : null;

  await newClient().get('/v1/customers');

  assert.ok(pauses[0] <= 100 && pauses[5] >= 1500);
  assert.ok(pauses.every((ms) => ms <= 3000));
});

test('a change of what another has changed is not repeated', async () => {
  api.failBefore = () => ({status: 409, reason: 'ETAG_MISMATCH'});

  await assert.rejects(newClient().post('/v1/customers', {}));
  assert.equal(api.requests, 1);
});

test('a call that is refused is not repeated', async () => {
  api.failBefore = () => 400;

  await assert.rejects(newClient().get('/v1/customers'), (error) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.httpStatus, 400);
    assert.deepEqual(error.status, {message: 'told to fail'});
    return true;
  });
  assert.equal(api.requests, 1);
});

test('patience has an end', async () => {
  api.failBefore = () => 503;

  await assert.rejects(newClient({patienceMs: -1}).get('/v1/customers'), ApiError);
});

test('a token that was renewed is read again', async () => {
  const client = newClient();
  api.token = 'better';
  api.writeToken('better');

  assert.deepEqual(await client.get('/v1/customers'), {customers: []});
});

test('a token that stays refused is an error', async () => {
  const client = newClient();
  api.token = 'another';

  await assert.rejects(client.get('/v1/customers'), {httpStatus: 401});
  assert.equal(api.requests, 1);
});

test('a list goes through all pages', async () => {
  const requests = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(
      (id) => ({customerId: id, customer: {displayName: id}}));
  const client = newClient();
  await client.post('/v1/customers:batchCreate', {requestId: '1', requests});

  const names = [];
  for await (const {displayName} of client.list('/v1/customers', 'customers')) {
    names.push(displayName);
  }

  assert.deepEqual(names, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
});

// Returns the messages of the stream that the server sends as `text`.
async function streamed(text) {
  api.streamText = text;
  const messages = [];
  for await (const message of await newClient().open('/v1/changes:watch')) {
    messages.push(message);
  }
  return messages;
}

test('a stream gives the messages of its lines', async () => {
  const long = 'x'.repeat(300_000);
  const messages = await streamed(`{"a":1}\n{"b":"${long}"}\n{"c":"\u00e9"}\n`);

  assert.deepEqual(messages, [{a: 1}, {b: long}, {c: '\u00e9'}]);
});

test('a stream that ends with an error throws it', async () => {
  await assert.rejects(
      streamed('{"a":1}\n{"error":{"code":11,"message":"too old"}}\n'),
      (error) => error instanceof ApiError && error.status.code === 11);
});

test('work on many items is done so many at a time', async () => {
  let running = 0;
  let most = 0;
  const done = [];
  await forEachOf([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await new Promise(setImmediate);
    running -= 1;
    done.push(item);
  });

  assert.equal(most, 3);
  assert.deepEqual(done.sort(), [1, 2, 3, 4, 5, 6, 7]);
});

test('the first error ends work on many items', async () => {
  const done = [];
  const work = forEachOf([1, 2, 3, 4, 5, 6, 7], 1, async (item) => {
    if (item === 3) throw new Error('three');
    done.push(item);
  });

  await assert.rejects(work, /three/);
  assert.deepEqual(done, [1, 2]);
});
