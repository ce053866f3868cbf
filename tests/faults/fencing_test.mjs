// Two replicas of a service over one PostgreSQL database. The one that relays half
// of the events stands still until the other has taken its place, and wakes up:
// every event has one position and is in its stream once.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {GrpcCalls} from '../suite/grpc_calls.mjs';
import {Postgres} from '../suite/postgres.mjs';
import {Process, freePorts, until} from '../suite/process.mjs';
import {Suite} from '../suite/suite.mjs';

const CUSTOMERS = 'crm.operational.v1.CustomerService';
const FEED = 'crm.internal.v1.Feed';
const PARTITIONS = 16;
const WRITES = 60;
// For how long the relay stands still at least; its lease is 10 seconds.
const STOPPED_MS = 15_000;
const PATIENCE_MS = 60_000;
const READ_EVENTS = 1000;

let suite;
let postgres;
let replicas;
let feed;

class Replica {
  constructor(index, port, metricsPort) {
    this.metricsPort = metricsPort;
    this.process = new Process({
      name: `replica-${index}`,
      command: suite.commandOf('operational'),
      env: {
        PATH: process.env.PATH, HOME: suite.folder,
        ...suite.settingsOf('operational'),
        CRM_OPERATIONAL_DATABASE: postgres.uri('shared'),
        CRM_OPERATIONAL_LISTEN: `127.0.0.1:${port}`,
        CRM_OPERATIONAL_METRICS_LISTEN: `127.0.0.1:${metricsPort}`,
        CRM_OPERATIONAL_DATA_DIR: join(suite.folder, `replica-${index}`),
      },
      log: join(suite.folder, `replica-${index}.log`),
    });
    this.calls = new GrpcCalls(`127.0.0.1:${port}`, suite.token())
        .read(CUSTOMERS, 'crm/operational/v1/customer.proto');
  }

  // Returns how many partitions it relays.
  async leads() {
    const answer = await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`);
    return Number((await answer.text())
        .match(/^crm_events_relay_partitions\S* (\d+)/m)[1]);
  }

  // Makes so many customers, one after the other. Returns their names.
  async write(count) {
    const names = [];
    for (let i = 0; i < count; ++i) {
      const {response} = await this.calls.call(`${CUSTOMERS}/CreateCustomer`, {
        customer: {display_name: 'Fenced', kind: 'PERSON'},
        request_id: randomUUID(),
      });
      names.push(response.name);
    }
    return names;
  }
}

before(async () => {
  suite = new Suite(['analytical', 'collaborative', 'gateway', 'operational'], {});
  await suite.prepare();
  postgres = await Postgres.start(['shared']);
  const ports = await freePorts(4);
  for (const redis of suite.processes.values()) redis.start();
  replicas = [0, 1].map((i) => new Replica(i, ports[2 * i], ports[2 * i + 1]));
  for (const replica of replicas) replica.process.start();
  feed = new GrpcCalls(`127.0.0.1:${ports[2]}`, suite.systemToken())
      .read(FEED, 'crm/internal/v1/feed.proto');
  for (const replica of replicas) {
    await until(`${replica.process.name} serves`, () => replica.write(1), PATIENCE_MS);
  }
});

after(async () => {
  feed?.close();
  for (const replica of replicas ?? []) {
    replica.calls.close();
    await replica.process.end('SIGKILL');
  }
  await suite?.stop();
  await postgres?.stop();
});

// Returns the events of all partitions, once all have a position.
async function readFeed() {
  const {response: head} = await until('all events are numbered', async () => {
    const answer = await feed.call(`${FEED}/Head`, {});
    return !Number(answer.response.pending_count) && answer;
  }, PATIENCE_MS);
  const partitions = [];
  for (const partition of head.head_seqs.keys()) {
    const {response} = await feed.call(
        `${FEED}/Read`, {partition, max_events: READ_EVENTS});
    partitions.push(response.events ?? []);
  }
  return partitions;
}

const redis = (...words) => execFileSync('redis-cli', [
  '-p', String(suite.ports['redis-bus']), ...words,
]).toString().trim();

test('F26 a relay that wakes up after its lease changes nothing', async (t) => {
  const [sleeper, other] = replicas;
  await until('both relay', async () => await sleeper.leads() > 0 &&
      await sleeper.leads() + await other.leads() === PARTITIONS, PATIENCE_MS);
  const names = [...await sleeper.write(WRITES), ...await other.write(WRITES)];
  const writing = sleeper.write(WRITES).catch(() => []);

  process.kill(sleeper.process.pid, 'SIGSTOP');
  const stopped = performance.now();
  names.push(...await other.write(WRITES));
  await until('the other relays all', async () =>
    await other.leads() === PARTITIONS && performance.now() - stopped > STOPPED_MS,
  PATIENCE_MS);
  names.push(...await other.write(WRITES));
  process.kill(sleeper.process.pid, 'SIGCONT');
  names.push(...await sleeper.write(WRITES), ...await other.write(WRITES));
  names.push(...await writing);
  await until('both relay again', async () => await sleeper.leads() > 0 &&
      await sleeper.leads() + await other.leads() === PARTITIONS, PATIENCE_MS);

  const partitions = await readFeed();
  const told = partitions.flat();
  t.diagnostic(`${names.length} writes, ${told.length} events`);
  assert.equal(new Set(told.map(({id}) => id)).size, told.length);
  const resources = new Set(told.map(({resource}) => resource));
  for (const name of names) assert.ok(resources.has(name), name);
  assert.equal(resources.size, told.length);
  for (const [partition, events] of partitions.entries()) {
    assert.deepEqual(
        events.map(({seq}) => Number(seq)), events.map((_, i) => i + 1));
    const key = redis('KEYS', `ev:{operational:${String(partition).padStart(2, '0')}}*`)
        .split('\n').find((one) => one && !one.endsWith(':last'));
    const ids = key ? redis('EVAL',
        'local ids = {} for i, e in ipairs(redis.call("XRANGE", KEYS[1], "-", "+"))' +
        ' do ids[i] = e[1] end return ids', '1', key).split('\n') : [];
    assert.deepEqual(ids, events.map((_, i) => `${i + 1}-0`), key);
  }
});
