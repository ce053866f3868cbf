// What gRPC's interoperability cases ask of a proxy: grpc-js on both sides of the
// gateway, which passes bytes that are no message of ours. The server stands in the
// place of the operational service, and answers each method by the shape it is
// called in here, whatever the method is.

import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {readFileSync, rmSync} from 'node:fs';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {PROGRAMS, REDIS_SERVERS, Suite} from './suite.mjs';

const require = createRequire(
    new URL('../clients/package.json', import.meta.url));
const grpc = require('@grpc/grpc-js');

const SERVICE = 'crm.operational.v1.CustomerService';
const UNARY = `/${SERVICE}/GetCustomer`;
const UPLOAD = `/${SERVICE}/CreateCustomer`;
const DOWNLOAD = `/${SERVICE}/ListCustomers`;
const CHAT = `/${SERVICE}/UpdateCustomer`;

const MIB = 1 << 20;
const DEADLINE_MS = 20_000;
const INITIAL = 'x-test-echo-initial';
const TRAILING = 'x-test-echo-trailing-bin';
// What a call asks its server to do, as JSON in ASCII.
const ASKED = 'x-test-asked';
// The sizes that the cases name.
const UPLOADED = [27_182, 8, 1_828, 45_904];
const ANSWERED = [31_415, 9, 2_653, 58_979];

const {status} = grpc;
const asIs = (bytes) => bytes;

let suite;
let server;
let client;
// What the server saw of the calls that are asked to be watched, by name.
let watched;

const filled = (size, byte = 0) => Buffer.alloc(size, byte);

// Does what the metadata of `call` asks before it is answered, and returns what
// is asked. The metadata that are to come back are sent.
function begin(call) {
  const initial = call.metadata.get(INITIAL);
  const metadata = new grpc.Metadata();
  if (initial.length > 0) metadata.set(INITIAL, initial[0]);
  if (initial.length > 0) call.sendMetadata(metadata);
  const asked = JSON.parse(decodeURIComponent(call.metadata.get(ASKED)[0] ?? '{}'));
  if (asked.watch) {
    const seen = watched[asked.watch] = {
      timeLeftMs: call.getDeadline() - Date.now(),
    };
    call.on('cancelled', () => { seen.cancelled = true; });
  }
  return asked;
}

function trailersOf(call) {
  const trailers = new grpc.Metadata();
  const [value] = call.metadata.get(TRAILING);
  if (value !== undefined) trailers.set(TRAILING, value);
  return trailers;
}

// Ends `call` with the status that is asked, if one is. Returns whether it is.
function failed(call, {code, details}) {
  if (code === undefined) return false;
  call.emit('error', {code, details, metadata: trailersOf(call)});
  return true;
}

const HANDLERS = {
  [UNARY](call, answer) {
    const asked = begin(call);
    if (asked.hang) return;
    if (asked.code !== undefined) {
      answer({code: asked.code, details: asked.details}, null, trailersOf(call));
    } else {
      const given = asked.size === undefined ? call.request : filled(asked.size);
      answer(null, given, trailersOf(call));
    }
  },
  [UPLOAD](call, answer) {
    const asked = begin(call);
    let total = 0;
    call.on('data', (message) => { total += message.length; });
    call.on('end', () =>
      asked.hang || answer(null, Buffer.from(String(total)), trailersOf(call)));
  },
  [DOWNLOAD](call) {
    const asked = begin(call);
    for (const size of asked.sizes ?? []) call.write(filled(size));
    if (!failed(call, asked) && !asked.hang) {
      call.end(trailersOf(call));
    }
  },
  [CHAT](call) {
    const asked = begin(call);
    call.on('data', (message) => {
      if (!failed(call, asked)) call.write(message);
    });
    call.on('end', () => call.end(trailersOf(call)));
  },
};

async function startServer(port) {
  server = new grpc.Server({'grpc.max_receive_message_length': 8 * MIB});
  const shape = (path, requestStream, responseStream) => ({
    path, requestStream, responseStream, requestSerialize: asIs,
    requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
  });
  const service = {
    unary: shape(UNARY, false, false), upload: shape(UPLOAD, true, false),
    download: shape(DOWNLOAD, false, true), chat: shape(CHAT, true, true),
  };
  server.addService(service, {
    unary: HANDLERS[UNARY], upload: HANDLERS[UPLOAD],
    download: HANDLERS[DOWNLOAD], chat: HANDLERS[CHAT],
  });
  await new Promise((resolve, reject) => server.bindAsync(
      `127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(),
      (error) => error ? reject(error) : resolve()));
}

before(async () => {
  watched = {};
  const others = [...REDIS_SERVERS, ...PROGRAMS].filter((name) => name !== 'gateway');
  suite = new Suite(others, {});
  await suite.prepare();
  await startServer(suite.ports.operational);
  suite.start('gateway');
  client = new grpc.Client(suite.address, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': 8 * MIB,
  });
  await until('a call passes', () => unary(filled(0)));
});

after(async () => {
  client?.close();
  server?.forceShutdown();
  await suite?.kill();
  if (suite) rmSync(suite.folder, {recursive: true, force: true});
});

function metadataOf(asked = {}, extra = {}) {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${suite.token()}`);
  metadata.set(ASKED, encodeURIComponent(JSON.stringify(asked)));
  for (const [name, value] of Object.entries(extra)) metadata.set(name, value);
  return metadata;
}

const byDefault = () => ({deadline: Date.now() + DEADLINE_MS});

// Collects what a call is told besides messages.
function heard(call) {
  const told = {};
  call.on('metadata', (metadata) => { told.initial = metadata; });
  const ended = new Promise((resolve) => call.on('status', (status) => {
    told.status = status;
    resolve(told);
  }));
  return {told, ended};
}

// Makes a unary call. Returns {answer, initial, status}; throws its error.
function unary(request, {asked, extra, options = byDefault(), path = UNARY} = {}) {
  return new Promise((resolve, reject) => {
    let answer;
    const call = client.makeUnaryRequest(
        path, asIs, asIs, request, metadataOf(asked, extra), options,
        (error, message) => {
          if (error) reject(error);
          answer = message;
        });
    heard(call).ended.then((told) => resolve({answer, ...told}));
  });
}

// Returns the sizes of the messages of a stream of answers, and how it ended.
async function downloaded(asked, {extra, options = byDefault()} = {}) {
  const call = client.makeServerStreamRequest(
      DOWNLOAD, asIs, asIs, filled(0), metadataOf(asked, extra), options);
  const sizes = [];
  call.on('data', (message) => sizes.push(message.length));
  call.on('error', () => {});
  return {sizes, ...await heard(call).ended};
}

// Returns how much memory the gateway has.
function residentBytes() {
  const {pid} = suite.processes.get('gateway');
  const [, kib] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/);
  return Number(kib) * 1024;
}

test('E04 empty and large unary calls', async () => {
  assert.equal((await unary(filled(0))).answer.length, 0);
  const {answer} = await unary(filled(271_828), {asked: {size: 314_159}});
  assert.deepEqual(answer, filled(314_159));
});

test('E04 messages of 4 MiB pass both ways, byte by byte', async () => {
  const large = Buffer.from(Array.from({length: 4 * MIB}, (none, i) => i * 31));
  assert.ok((await unary(large)).answer.equals(large));
});

test('E04 a stream of requests', async () => {
  const answer = await new Promise((resolve, reject) => {
    const call = client.makeClientStreamRequest(
        UPLOAD, asIs, asIs, metadataOf(), byDefault(),
        (error, message) => error ? reject(error) : resolve(message));
    for (const size of UPLOADED) call.write(filled(size));
    call.end();
  });
  assert.equal(answer.toString(), '74922');
});

test('E04 a stream of answers', async () => {
  const {sizes, status: end} = await downloaded({sizes: ANSWERED});
  assert.deepEqual(sizes, ANSWERED);
  assert.equal(end.code, status.OK);
});

test('E04 each of a conversation waits for the other', async () => {
  const call = client.makeBidiStreamRequest(
      CHAT, asIs, asIs, metadataOf(), byDefault());
  const {ended} = heard(call);
  const answers = call[Symbol.asyncIterator]();
  for (const size of UPLOADED) {
    call.write(filled(size, 7));
    assert.deepEqual((await answers.next()).value, filled(size, 7));
  }
  // Half closed, it still hears the end.
  call.end();
  assert.ok((await answers.next()).done);
  assert.equal((await ended).status.code, status.OK);
});

test('E04 a conversation in which nothing is said', async () => {
  const call = client.makeBidiStreamRequest(
      CHAT, asIs, asIs, metadataOf(), byDefault());
  call.on('data', () => assert.fail('nothing was sent'));
  call.end();
  assert.equal((await heard(call).ended).status.code, status.OK);
});

test('E04 metadata of both ends, in text and in bytes', async () => {
  const extra = {[INITIAL]: 'test_initial', [TRAILING]: Buffer.from('ababab', 'hex')};
  const check = ({initial, status: end}) => {
    assert.deepEqual(initial.get(INITIAL), [extra[INITIAL]]);
    assert.deepEqual(end.metadata.get(TRAILING), [extra[TRAILING]]);
  };
  check(await unary(filled(1), {extra}));
  check(await downloaded({sizes: [1]}, {extra}));
  const call = client.makeBidiStreamRequest(
      CHAT, asIs, asIs, metadataOf({}, extra), byDefault());
  call.on('data', () => call.end());
  call.write(filled(1));
  check(await heard(call).ended);
});

test('E04 codes and messages, also of special characters', async () => {
  for (const details of [
    'test status message',
    '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n',
  ]) {
    const asked = {code: status.UNKNOWN, details};
    await assert.rejects(unary(filled(1), {asked}), asked);
    const call = client.makeBidiStreamRequest(
        CHAT, asIs, asIs, metadataOf(asked), byDefault());
    call.on('error', () => {});
    call.write(filled(1));
    const {code, details: said} = (await heard(call).ended).status;
    assert.deepEqual({code, details: said}, asked);
  }
});

test('E04 an error after messages', async () => {
  const {sizes, status: end} = await downloaded(
      {sizes: ANSWERED, code: status.DATA_LOSS, details: 'gone'});
  assert.deepEqual(sizes, ANSWERED);
  assert.equal(end.code, status.DATA_LOSS);
});

test('E04 methods and services that there are not', async () => {
  for (const path of [`/${SERVICE}/UnimplementedCall`, '/no.such.Service/Call',
    // There is such a method, but the server behind has it not.
    `/${SERVICE}/DeleteCustomer`]) {
    await assert.rejects(
        unary(filled(1), {path}), {code: status.UNIMPLEMENTED}, path);
  }
});

test('E04 a call that is cancelled after it began is at its server, too', async () => {
  const call = client.makeClientStreamRequest(
      UPLOAD, asIs, asIs, metadataOf({watch: 'began'}), byDefault(), () => {});
  await until('the server has it', () => watched.began);
  call.cancel();
  assert.equal((await heard(call).ended).status.code, status.CANCELLED);
  await until('the server knows', () => watched.began.cancelled);
});

test('E04 a call that is cancelled after its first answer', async () => {
  const call = client.makeBidiStreamRequest(
      CHAT, asIs, asIs, metadataOf({watch: 'answered'}), byDefault());
  call.on('error', () => {});
  call.on('data', () => call.cancel());
  call.write(filled(31_415));
  assert.equal((await heard(call).ended).status.code, status.CANCELLED);
  await until('the server knows', () => watched.answered.cancelled);
});

test('E04 a server that sleeps is left at the deadline', async () => {
  await assert.rejects(
      unary(filled(1), {
        asked: {hang: true, watch: 'slept'}, options: {deadline: Date.now() + 500},
      }), {code: status.DEADLINE_EXCEEDED});
  await until('the server knows', () => watched.slept.cancelled);
});

test('E04 a server is told no more time than is left', async () => {
  await unary(filled(1), {asked: {watch: 'timed'}});
  assert.ok(watched.timed.timeLeftMs > 0);
  assert.ok(watched.timed.timeLeftMs <= DEADLINE_MS);
});

test('E04 messages that are compressed stay so', async () => {
  const compressing = new grpc.Client(
      suite.address, grpc.credentials.createInsecure(),
      {'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip});
  try {
    const answer = await new Promise((resolve, reject) =>
      compressing.makeUnaryRequest(
          UNARY, asIs, asIs, filled(271_828), metadataOf(), byDefault(),
          (error, message) => error ? reject(error) : resolve(message)));
    assert.deepEqual(answer, filled(271_828));
  } finally {
    compressing.close();
  }
});

test('E04 what a reader does not take waits at its server', async () => {
  const sizes = Array(64).fill(MIB);
  const held = residentBytes();
  const call = client.makeServerStreamRequest(
      DOWNLOAD, asIs, asIs, filled(0), metadataOf({sizes}), byDefault());
  const {told, ended} = heard(call);
  await until('it has begun', () => told.initial);
  // Others pass meanwhile, and of the 64 MiB the gateway holds next to nothing.
  for (let i = 0; i < 8; i += 1) await unary(filled(MIB));
  assert.ok(residentBytes() - held < 32 * MIB, 'the gateway holds it');

  let total = 0;
  call.on('data', (message) => { total += message.length; });
  assert.equal((await ended).status.code, status.OK);
  assert.equal(total, 64 * MIB);
});
