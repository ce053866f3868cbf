// The Redis that carries the events hangs, crawls, refuses or answers every
// command with an error: who writes does not notice, and afterwards the streams
// have every event, in its place. One that forgets its streams costs a consumer
// that stood still nothing but a look into the feed.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {until} from '../suite/process.mjs';
import {readFeed, readStreams, waitForConsumers} from './nemesis/truth.mjs';
import {redisKeys} from './nemesis/redis_faults.mjs';
import {NemesisSuite} from './nemesis/world.mjs';

const SERVICE = 'operational';
const STREAMS = `ev:*${SERVICE}*`;
const WRITES = 30;
const RECOVERY_MS = 10_000;
const GAPS = 'crm_events_gap_total';
// What the proxy of the bus does meanwhile.
const FAULTS = {
  'hangs': ['hang'],
  'crawls': ['slow', {delayMs: 500}],
  'refuses connections': ['refuse'],
  'has no memory':
    ['answer', {error: "OOM command not allowed when used memory > 'maxmemory'."}],
  'is a replica':
    ['answer', {error: "READONLY You can't write against a read only replica."}],
  'loads': ['answer', {error: 'LOADING Redis is loading the dataset in memory'}],
  'has moved': ['answer', {error: 'MOVED 3999 127.0.0.1:1'}],
};

let suite;
let made = 0;

before(async () => {
  suite = await NemesisSuite.start({});
  await writeSome();
  await streamsAreWhole();
});
after(() => suite?.stop());

// Writes customers, each with one attempt.
async function writeSome() {
  for (let i = 0; i < WRITES; ++i) {
    made += 1;
    const {status, text} = await suite.post('/v1/customers', {
      query: {customerId: `c-${made}`, requestId: crypto.randomUUID()},
      body: {displayName: `Customer ${made}`, kind: 'PERSON'},
    });
    assert.equal(status, 200, text);
  }
}

// Returns the number of the last event that a stream was given, whether or not it
// still has it.
function lastOf(key) {
  const words = suite.redis('redis-bus', 'XINFO', 'STREAM', key).split('\n');
  return Number(words[words.indexOf('last-generated-id') + 1].split('-')[0]);
}

// Waits until each stream was given all of its partition of the feed.
async function streamsAreWhole() {
  const {heads} = await readFeed(suite, SERVICE);
  const wanted = heads.filter(Boolean).sort((a, b) => a - b).join(' ');
  await until('the streams are where the feed is', () =>
    redisKeys(suite, 'redis-bus', STREAMS).map(lastOf).filter(Boolean)
        .sort((a, b) => a - b).join(' ') === wanted, RECOVERY_MS);
}

for (const [what, fault] of Object.entries(FAULTS)) {
  test(`F08 no write fails while the bus ${what}, and its events go on in order`,
      async (t) => {
        const proxy = suite.proxies.get('redis-bus');
        proxy.set(...fault);
        await writeSome();
        // The relay looks again now and then.
        await until(`the bus ${what}`, () => proxy.bites > 0, RECOVERY_MS);
        await writeSome();
        t.diagnostic(`bit ${proxy.bites} times`);
        proxy.set('pass');

        await streamsAreWhole();
        for (const [key, ids] of Object.entries(readStreams(suite))) {
          const seqs = ids.map((id) => Number(id.split('-')[0]));
          assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i), key);
        }
        await waitForConsumers(suite, RECOVERY_MS);
      });
}

test('F07 a consumer that stood while all streams were trimmed reads the feed',
    async (t) => {
      await waitForConsumers(suite, RECOVERY_MS);
      await until('it follows the streams', () => suite.metric(
          'analytical', 'crm_events_streaming', 'producer="operational"'));
      const {pid} = suite.processes.get('analytical');
      const before = await suite.metric('analytical', GAPS);
      let trimmed = 0;
      process.kill(pid, 'SIGSTOP');
      try {
        await writeSome();
        await streamsAreWhole();
        trimmed = redisKeys(suite, 'redis-bus', STREAMS).reduce(
            (sum, key) => sum + Number(suite.redis(
                'redis-bus', 'XTRIM', key, 'MAXLEN', 0)), 0);
        assert.ok(trimmed >= WRITES, `${trimmed} entries were trimmed`);
        // What comes next shows that something is missing before it.
        await writeSome();
        await streamsAreWhole();
      } finally {
        process.kill(pid, 'SIGCONT');
      }

      await waitForConsumers(suite, RECOVERY_MS);
      const found = await suite.metric('analytical', GAPS) - before;
      t.diagnostic(`${trimmed} entries trimmed, ${found} gaps found`);
      assert.ok(found > 0, 'no gap was found');
    });
