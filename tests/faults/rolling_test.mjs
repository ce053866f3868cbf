// Two replicas of a service, over one database on a server or each with a store of
// its own, that are stopped and killed in turn under calls: clients with the config
// that clients are given, of gRPC C++ and of grpc-js, see no call fail, at the
// replicas as through a gateway; while nothing is killed, neither does one without
// any config.

import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {after, before, test} from 'node:test';
import {setTimeout as pause} from 'node:timers/promises';

import {ON_POSTGRES} from '../suite/postgres.mjs';
import {freePorts, Process, until} from '../suite/process.mjs';
import {Suite} from '../suite/suite.mjs';

const require = createRequire(
    new URL('../clients/package.json', import.meta.url));
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const BIN = process.env.CRM_BIN_DIR;
const CUSTOMER = 'crm.operational.v1.CustomerService';
const KEPT = 'kept';
const KEPT_REQUEST = randomUUID();
// How many calls a replica has to serve before the next thing happens.
const SETTLED_CALLS = 30;
const STOP_MS = 20_000;
const CALLERS = 4;
const PAUSE_MS = 10;
const TIMEOUT_MS = 10_000;

class Replica {
  constructor(suite, index, [port, metricsPort]) {
    this.port = port;
    this.metricsPort = metricsPort;
    const settings = {
      ...suite.settingsOf('operational'),
      CRM_OPERATIONAL_LISTEN: `127.0.0.1:${port}`,
      CRM_OPERATIONAL_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
      CRM_OPERATIONAL_DATA_DIR: join(suite.folder, `replica-${index}`),
      CRM_REDIS_CACHE: '',
      CRM_REDIS_BUS: '',
    };
    this.process = new Process({
      name: `replica-${index}`,
      command: [join(BIN, 'operational')],
      env: {PATH: process.env.PATH, HOME: suite.folder, ...settings},
      log: join(suite.folder, `replica-${index}.log`),
    });
  }

  // Returns how many calls of `method` were answered since the start.
  async answered(method) {
    const response = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`);
    const line = `crm_rpc_calls_total{method="/${CUSTOMER}/${method}",code="OK"} `;
    const found = (await response.text()).split('\n')
        .find((each) => each.startsWith(line));
    return found ? Number(found.slice(line.length)) : 0;
  }

  // Waits until it answers calls of each of `methods`.
  async settled(methods) {
    for (const method of methods) {
      await until(`${this.process.name} serves ${method}`, async () =>
        await this.answered(method) >= SETTLED_CALLS);
    }
  }
}

// One by grpc-js. Between its creates it calls `method` with `request`: no other
// client does, so that a replica can tell whether this one calls it.
class JavaScriptClient {
  constructor(
      target, config, token,
      {name = 'grpc-js', method = 'ListCustomers', request = {}} = {}) {
    this.name = name;
    this.method = method;
    this.request = customerService()[method].requestSerialize(request);
    this.client = new grpc.Client(
        target, grpc.credentials.createInsecure(),
        {'grpc.service_config': config});
    this.token = token;
    this.calls = 0;
    this.failures = {};
    // What was answered to each that created one.
    this.created = [];
    this.over = false;
  }

  call(method, request) {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${this.token}`);
    return new Promise((resolve, reject) => this.client.makeUnaryRequest(
        `/${CUSTOMER}/${method}`, (bytes) => bytes, (bytes) => bytes, request,
        metadata, {deadline: Date.now() + TIMEOUT_MS},
        (error, answer) => error ? reject(error) : resolve(answer)));
  }

  async create(encode) {
    this.created.push(
        await this.call('CreateCustomer', encode({requestId: randomUUID()})));
  }

  // Checks that each of those is there, as it was answered.
  async readBack() {
    const {GetCustomer, CreateCustomer} = customerService();
    for (const answer of this.created) {
      const {name} = CreateCustomer.responseDeserialize(answer);
      const found =
          await this.call('GetCustomer', GetCustomer.requestSerialize({name}));
      assert.deepEqual(found, answer, name);
    }
  }

  async loop(encode) {
    for (let i = 0; !this.over; i += 1) {
      try {
        await (i % 10 === 9 ? this.create(encode) :
          this.call(this.method, this.request));
      } catch (error) {
        const what = `${error.code} ${error.details}`;
        this.failures[what] = (this.failures[what] ?? 0) + 1;
      }
      this.calls += 1;
      await pause(PAUSE_MS);
    }
  }

  start(encode) {
    this.loops = Array.from({length: CALLERS}, () => this.loop(encode));
  }

  async end() {
    this.over = true;
    await Promise.all(this.loops);
    if (ON_POSTGRES) await this.readBack();
    this.client.close();
    return {calls: this.calls, failures: this.failures};
  }
}

class NativeClient {
  constructor(target, configFile, token) {
    this.name = 'gRPC C++';
    this.method = 'GetCustomer';
    this.child = spawn(
        join(BIN, 'rolling_client'), [target, configFile, token, KEPT],
        {stdio: ['pipe', 'pipe', 'inherit']});
    this.output = '';
    this.child.stdout.on('data', (chunk) => { this.output += chunk; });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
  }

  async end() {
    this.child.stdin.end();
    assert.equal(await this.exited, 0);
    return JSON.parse(this.output);
  }
}

let suite;
let replicas;
let gateway;
let config;
let configFile;
let encode;

before(async () => {
  suite = new Suite([], {});
  await suite.prepare();
  const ports = await freePorts(4);
  replicas = [0, 1].map(
      (i) => new Replica(suite, i, [ports[2 * i], ports[2 * i + 1]]));
  config = execFileSync(join(BIN, 'crm-client-config')).toString().trim();
  configFile = join(suite.folder, 'client-config.json');
  writeFileSync(configFile, config);
  encode = encoderOf();
  for (const replica of replicas) {
    replica.process.start();
    const client = new JavaScriptClient(
        `127.0.0.1:${replica.port}`, '{}', suite.token());
    // Over one database, the second replica answers as the first did.
    const request = encode({customerId: KEPT, requestId: KEPT_REQUEST});
    await until('the replica makes a customer', () =>
      client.call('CreateCustomer', request));
    client.client.close();
  }
  gateway = new Process({
    name: 'gateway',
    command: [join(BIN, 'gateway')],
    env: {
      PATH: process.env.PATH, HOME: suite.folder, ...suite.settingsOf('gateway'),
      CRM_OPERATIONAL_ADDRESS: addresses().join(','), CRM_REDIS_CACHE: '',
    },
    log: join(suite.folder, 'rolling-gateway.log'),
  });
  gateway.start();
  const client = new JavaScriptClient(suite.address, '{}', suite.token());
  await until('the gateway answers', () =>
    client.call('ListCustomers', Buffer.alloc(0)));
  client.client.close();
});

after(async () => {
  if (gateway?.running) await gateway.end('SIGKILL');
  for (const replica of replicas ?? []) {
    if (replica.process.running) await replica.process.end('SIGKILL');
  }
  await suite?.kill();
  if (suite) rmSync(suite.folder, {recursive: true, force: true});
});

// Returns how the messages of CustomerService are written, by the protos.
function customerService() {
  const packages = createRequire(
      new URL('../../cmake/packages/package.json', import.meta.url));
  return protoLoader.loadSync('crm/operational/v1/customer.proto', {
    enums: String,
    includeDirs: [
      new URL('../../protos', import.meta.url).pathname,
      dirname(packages.resolve('google-proto-files/package.json')),
    ],
  })[CUSTOMER];
}

// Returns a function that encodes CreateCustomerRequests.
function encoderOf() {
  const {requestSerialize} = customerService().CreateCustomer;
  return (fields) => requestSerialize(
      {customer: {displayName: 'Rolled', kind: 'PERSON'}, ...fields});
}

const addresses = () => replicas.map(({port}) => `127.0.0.1:${port}`);

// Runs the clients while `happen` does something to each replica in turn, and
// checks that no call failed. One of them calls a gateway, by `gatewayConfig`:
// without one it repeats nothing itself.
async function underCalls(happen, {gatewayConfig = '{}'} = {}) {
  const target = `ipv4:${addresses().join(',')}`;
  const clients = [
    new NativeClient(target, configFile, suite.token()),
    new JavaScriptClient(target, config, suite.token()),
  ];
  clients.push(
      new JavaScriptClient(suite.address, gatewayConfig, suite.token(),
          {
            name: 'gateway', method: 'BatchGetCustomers',
            request: {names: [`customers/${KEPT}`]},
          }));
  const methods = clients.map(({method}) => method);
  for (const client of clients.slice(1)) client.start(encode);
  const ends = [];
  try {
    for (const replica of replicas) await replica.settled(methods);
    for (const replica of replicas) {
      await happen(replica);
      replica.process.start();
      await replica.settled(methods);
    }
  } finally {
    for (const client of clients) ends.push([client.name, await client.end()]);
  }

  for (const [name, {calls, failures}] of ends) {
    console.log(`${name}: ${calls} calls`);
    assert.deepEqual(failures, {}, name);
    assert.ok(calls > 4 * SETTLED_CALLS);
  }
}

test('F19 a rolling restart fails no call, and each process ends with 0', async () => {
  await underCalls(async (replica) => {
    assert.deepEqual(
        await replica.process.end('SIGTERM', STOP_MS), {code: 0, signal: null});
  });
});

test('F19 a restart with a delay fails no call either', async () => {
  for (const replica of replicas) replica.process.env.CRM_DRAIN_DELAY = '1s';
  for (const replica of replicas) {
    await replica.process.end('SIGTERM', STOP_MS);
    replica.process.start();
    await until('it is there', async () => (await replica.answered('GetCustomer')) >= 0);
  }
  await underCalls(async (replica) => {
    const start = performance.now();
    assert.deepEqual(
        await replica.process.end('SIGTERM', STOP_MS), {code: 0, signal: null});
    assert.ok(performance.now() - start >= 1000, 'the delay was not kept');
  });
});

test('F58 a second signal ends the delay', async () => {
  const [replica] = replicas;
  replica.process.env.CRM_DRAIN_DELAY = '10m';
  await replica.process.end('SIGTERM', STOP_MS);
  replica.process.start();
  await until('it is there', async () => (await replica.answered('GetCustomer')) >= 0);
  process.kill(replica.process.pid, 'SIGTERM');
  await until('it is stopping', () =>
    replica.process.lastWords().trimEnd().split('\n').at(-1).includes('stopping'));

  assert.deepEqual(
      await replica.process.end('SIGTERM', STOP_MS), {code: 0, signal: null});
  replica.process.env.CRM_DRAIN_DELAY = '';
  replica.process.start();
});

// What was under way at it when it died is lost to who repeats nothing, so that the
// gateway's client has the config, too.
test('F19 a replica that is killed fails no call', async () => {
  await underCalls(async (replica) => {
    assert.deepEqual(
        await replica.process.end('SIGKILL'), {code: null, signal: 'SIGKILL'});
  }, {gatewayConfig: config});
});
