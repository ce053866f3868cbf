// A service that is killed while it takes a backup, and a backup that is damaged
// afterwards: the newest good one is what is restored.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {ON_POSTGRES} from '../suite/postgres.mjs';
import {until} from '../suite/process.mjs';
import {Suite} from '../suite/suite.mjs';

const SERVICE = 'operational';
const BATCHES = 12;
const BATCH = 500;
const KILLS = 5;
const MIDDLE_MS = 10_000;
const STOP_MS = 20_000;

let suite;
let folder;

before(async () => {
  suite = await Suite.start({without: ['analytical', 'collaborative']});
  folder = join(suite.folder, 'data', SERVICE, 'backups');
});
after(() => suite?.stop());

const files = (suffix) => {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(suffix)).sort();
  } catch {
    return [];
  }
};
const newestManifest = () => files('.manifest').at(-1);

// Asks for a backup and waits, without letting go, until there is a file of it.
function beginBackup(pid) {
  const known = new Set(readdirSync(folder));
  process.kill(pid, 'SIGUSR1');
  const end = performance.now() + MIDDLE_MS;
  while (performance.now() < end) {
    const begun = readdirSync(folder).find((file) => !known.has(file));
    if (begun) return begun;
  }
  throw new Error('no backup began');
}

async function create(batch) {
  const {status, text} = await suite.post('/v1/customers:batchCreate', {
    body: {
      requests: Array.from({length: BATCH}, (_, i) => ({
        customerId: `c-${batch}-${i}`,
        customer: {displayName: `Customer ${batch} ${i}`, kind: 'PERSON'},
      })),
    },
  });
  assert.equal(status, 200, text);
}

test('F48 a backup that is cut off leaves the one before the newest',
    {skip: ON_POSTGRES && 'a server has backups of its own'}, async (t) => {
      const running = suite.processes.get(SERVICE);
      for (let batch = 0; batch < BATCHES; ++batch) await create(batch);
      // The first was taken at the start, of nothing.
      for (const whole of [2, 3]) {
        process.kill(running.pid, 'SIGUSR1');
        await until('a backup holds them', () => files('.manifest').length >= whole);
      }

      const count = files('.manifest').length;
      let cut = 0;
      for (let i = 0; i < KILLS; ++i) {
        const newest = newestManifest();
        const begun = beginBackup(running.pid);
        process.kill(running.pid, 'SIGKILL');
        await running.ended;
        if (newestManifest() === newest) cut += 1;
        t.diagnostic(`killed over ${begun}; newest is ${newestManifest()}`);
        running.start();
        await suite.ready();
      }
      assert.ok(cut > 0, 'no kill hit a backup');
      process.kill(running.pid, 'SIGUSR1');
      await until('one more is whole, and nothing else is left',
          () => files('.manifest').length > count && files('.partial').length === 0);
    });

test('F48 a restore refuses a damaged backup and takes the one before',
    {skip: ON_POSTGRES && 'a server has backups of its own'}, async () => {
      const running = suite.processes.get(SERVICE);
      await running.end('SIGTERM', STOP_MS);
      const [before, newest] = files('.manifest').slice(-2)
          .map((file) => file.replace('.manifest', ''));
      const copy = join(folder, `${newest}.db`);
      const bytes = readFileSync(copy);
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(copy, bytes);
      const run = (...words) => execFileSync(
          running.command[0], words, {env: running.env, encoding: 'utf8'});

      assert.throws(() => run('restore', newest), ({status, stderr}) => {
        assert.equal(status, 1);
        assert.match(String(stderr), /BACKUP_DAMAGED/);
        return true;
      });
      assert.match(run('restore'), new RegExp(before));
      running.start();
      await suite.ready();

      for (let batch = 0; batch < BATCHES; ++batch) {
        const {status} = await suite.get(`/v1/customers/c-${batch}-0`);
        assert.equal(status, 200);
      }
    });
