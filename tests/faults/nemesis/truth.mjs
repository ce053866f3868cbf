// Gathers what is true after a run, from every place that keeps a part of it.
//
// Returns {rows, events, audits, streams, cacheKeys, warehouses, profiles}.

import {GrpcCalls} from '../../suite/grpc_calls.mjs';
import {until} from '../../suite/process.mjs';
import {wrongProfiles} from './checker.mjs';
import {redisKeys} from './redis_faults.mjs';
import {TENANTS} from './workload.mjs';

const QUIET_MS = 60_000;
// A cache whose owner was killed before it could tell may be that old.
const STALE_MS = 65_000;
const POLL_MS = 1_000;
const COLLECTIONS = [
  'customers', 'products', 'orders', 'conversations', 'conversations/-/messages',
  'auditEntries',
];
const PRODUCERS = ['operational', 'collaborative'];
const FEED = 'crm.internal.v1.Feed';
const READ_EVENTS = 1000;
// Of each entry of a stream only the id.
const IDS = `local ids = {}
for i, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do
  ids[i] = entry[1]
end
return ids`;

async function listAll(suite, tenant, collection) {
  const field = collection.split('/').at(-1);
  const items = [];
  let pageToken = '';
  do {
    const {status, body, text} = await suite.get(`/v1/${collection}`, {
      token: suite.token({tenant}),
      query: {
        pageSize: 1000, ...(pageToken ? {pageToken} : {}),
        // Reads are audited too, these among them: they would move the pages.
        ...(collection === 'auditEntries' ?
          {filter: 'outcome = DONE'} : {showDeleted: true}),
      },
    });
    if (status !== 200) throw new Error(text);
    items.push(...(body[field] ?? []));
    pageToken = body.nextPageToken ?? '';
  } while (pageToken);
  return items;
}

function feedOf(suite, service) {
  return new GrpcCalls(`127.0.0.1:${suite.ports[service]}`, suite.systemToken())
      .read(FEED, 'crm/internal/v1/feed.proto');
}

// Returns the whole feed of a service, by partition, once all is numbered.
export async function readFeed(suite, service) {
  const feed = feedOf(suite, service);
  try {
    const {response: head} = await until(
        `${service} numbers its events`, async () => {
          const answer = await feed.call(`${FEED}/Head`, {});
          return !Number(answer.response.pending_count ?? 0) && answer;
        }, QUIET_MS);
    const partitions = [];
    for (const partition of head.head_seqs.keys()) {
      const events = [];
      for (;;) {
        const {response} = await feed.call(`${FEED}/Read`, {
          partition, after_seq: String(events.at(-1)?.seq ?? 0),
          max_events: READ_EVENTS,
        });
        if (!response.events?.length) break;
        events.push(...response.events);
      }
      partitions.push(events);
    }
    return {heads: head.head_seqs.map(Number), partitions};
  } finally {
    feed.close();
  }
}

// Waits until the analytical service has applied all of operational.
export async function waitForConsumers(suite, withinMs = QUIET_MS) {
  const owner = feedOf(suite, 'operational');
  const follower = feedOf(suite, 'analytical');
  try {
    await until('the warehouse is where the feed is', async () => {
      const {response: {head_seqs: heads}} = await owner.call(`${FEED}/Head`, {});
      const {response: {positions}} = await follower.call(`${FEED}/Head`, {});
      return heads.every((head, partition) => Number(head) === Number(
          positions?.find((one) => one.producer === 'operational' &&
              (one.partition ?? 0) === partition)?.seq ?? 0));
    }, withinMs);
  } finally {
    owner.close();
    follower.close();
  }
}

// Returns the ids of the entries of each stream, as `7-0`, by key.
export function readStreams(suite) {
  const streams = {};
  for (const key of redisKeys(suite, 'redis-bus', 'ev:*')) {
    if (suite.redis('redis-bus', 'TYPE', key) !== 'stream') continue;
    streams[key] = suite.redis('redis-bus', 'EVAL', IDS, 1, key)
        .split('\n').filter((id) => id !== '');
  }
  return streams;
}

// Returns the profiles of all live customers, as soon as they are right, or as
// they are when they may be wrong no longer.
async function readProfiles(suite, token, rows) {
  const giveUp = performance.now() + STALE_MS;
  for (;;) {
    const profiles = {};
    for (const {name, deleteTime} of rows) {
      if (!/^customers\/[^/]+$/.test(name) || deleteTime) continue;
      profiles[name] = (await suite.get(`/v1/${name}/profile`, {token})).body;
    }
    if (wrongProfiles(rows, profiles).length === 0 ||
        performance.now() > giveUp) {
      return profiles;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export async function gatherTruth(suite) {
  await suite.ready();
  const events = {};
  for (const service of PRODUCERS) events[service] = await readFeed(suite, service);
  await waitForConsumers(suite);
  const truth = {
    rows: {}, events, audits: {}, warehouses: {}, profiles: {},
    streams: readStreams(suite),
    cacheKeys: redisKeys(suite, 'redis-cache', 'prof:*'),
  };
  for (const tenant of TENANTS) {
    const token = suite.token({tenant});
    truth.rows[tenant] = [];
    for (const collection of COLLECTIONS) {
      const items = await listAll(suite, tenant, collection);
      if (collection === 'auditEntries') truth.audits[tenant] = items;
      else truth.rows[tenant].push(...items);
    }
    const {body} = await suite.get('/v1/portfolioAnalyses:analyze', {token});
    truth.warehouses[tenant] = body;
    truth.profiles[tenant] = await readProfiles(
        suite, token, truth.rows[tenant]);
  }
  return truth;
}
