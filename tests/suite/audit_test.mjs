// The audit trail of a running suite: taken out through the gateway, verified
// offline against the checkpoints that a service leaves behind.

import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {Suite} from './suite.mjs';

const VERIFY = ['verify', '--dump', 'dump', '--checkpoints',
  'operational.checkpoints', '--keys', 'audit.json'];

let suite;

before(async () => {
  suite = await Suite.start();
});

after(() => suite?.stop());

test('a trail is exported, verified, and does not stand a change', async () => {
  const token = suite.token();
  for (const customerId of ['audit-1', 'audit-2', 'audit-3']) {
    const made = await suite.post('/v1/customers',
        {query: {customerId}, token, body: {displayName: 'Ada', kind: 'PERSON'}});
    assert.equal(made.status, 200, made.text);
  }
  const chain = '/v1/auditChains/operational:read';
  await until('the entries are chained', async () =>
    Number((await suite.get(chain, {token})).body.headN) >= 3);
  // A stop signs the heads.
  await suite.kill('operational', 'SIGTERM');
  suite.start('operational');
  await until('the service is back', async () =>
    (await suite.get(chain, {token})).status === 200);

  const exported = suite.audit('export', '--gateway', suite.address,
      '--token-file', suite.tokenFile(), '--service', 'operational',
      '--out', 'dump');
  assert.equal(exported.status, 0, exported.text);
  const verified = suite.audit(...VERIFY);
  assert.equal(verified.status, 0, verified.text);
  assert.match(verified.text, / 0 of them are newer than any checkpoint/);

  const dump = join(suite.folder, 'dump');
  const lines = readFileSync(dump, 'utf8').trim().split('\n');
  assert.ok(lines.length >= 3);
  writeFileSync(dump, lines.slice(0, -1).join('\n') + '\n');
  const cut = suite.audit(...VERIFY);
  assert.equal(cut.status, 1);
  assert.match(cut.text, new RegExp(`broken at record ${lines.length}:`));
});
