// The renderer, by itself and against kustomize where that is installed.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { contentHash, idOf, parseDocuments, parseEnvFile, render } from './render.mjs';
import { schemaProblems } from './schemas.mjs';
import { base, BASE, find } from './suite.mjs';

function folderOf(t, files) {
  const folder = mkdtempSync(join(tmpdir(), 'crm-k8s-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Whether kubectl brings kustomize 5, whose rules the renderer follows. */
function hasKustomize5() {
  const version = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
  return version.status === 0 && /Kustomize Version: v5\./.test(version.stdout);
}

test('every object is one that its schema knows', () => {
  assert.deepEqual(base().flatMap(schemaProblems), []);
});

test('a misspelt field and a wrong type are found', () => {
  const misspelt = find(base(), 'StatefulSet', 'operational');
  misspelt.spec.template.spec.containers[0].readinesProbe = {};
  const wrong = find(base(), 'Deployment', 'gateway');
  wrong.spec.replicas = '2';

  assert.match(schemaProblems(misspelt).join(), /unknown field .*readinesProbe/);
  assert.match(schemaProblems(wrong).join(), /replicas must be integer/);
});

test('no two objects have one name', () => {
  const ids = base().map(idOf);
  assert.equal(new Set(ids).size, ids.length);
});

test('kustomize renders the same',
  { skip: hasKustomize5() ? false : 'kubectl with kustomize 5 is not installed' },
  () => {
    const text = execFileSync('kubectl', ['kustomize', BASE], { encoding: 'utf8' });
    const sorted = (objects) =>
      objects.sort((a, b) => idOf(a).localeCompare(idOf(b)));

    assert.deepEqual(sorted(base()), sorted(parseDocuments(text, 'kubectl')));
  });

test('a changed setting changes the name of its map, and who refers to it', (t) => {
  const files = (value) => ({
    'kustomization.yaml':
      'resources: [pod.yaml]\nconfigMapGenerator:\n  - name: c\n    envs: [c.env]\n',
    'pod.yaml':
      'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n' +
      '    - name: a\n      envFrom: [{configMapRef: {name: c}}]\n',
    'c.env': `A=${value}\n`,
  });
  const nameIn = (objects) => {
    const map = objects.find((o) => o.kind === 'ConfigMap').metadata.name;
    const pod = objects.find((o) => o.kind === 'Pod');
    assert.equal(pod.spec.containers[0].envFrom[0].configMapRef.name, map);
    return map;
  };

  const one = nameIn(render(folderOf(t, files('1'))));
  const two = nameIn(render(folderOf(t, files('2'))));

  assert.notEqual(one, two);
  assert.match(one, /^c-[2456789bcdfghkmt]{10}$/);
});

test('a hash is what kustomize makes of the same data', () => {
  assert.equal(
    contentHash({ CRM_REDIS_BUS: 'redis-bus:6402', CRM_DRAIN: '20s' }),
    '768f75dg2m');
});

test('an env file keeps values as they are and refuses what is none', () => {
  assert.deepEqual(parseEnvFile('# c\n\n  A=b=c \nB="x"\n', 'f'),
    { A: 'b=c ', B: '"x"' });
  assert.throws(() => parseEnvFile('A\n', 'f'), /f:1: not NAME=value/);
  assert.throws(() => parseEnvFile('A=1\nA=2\n', 'f'), /f:2: 'A' again/);
});

test('what lies outside the subset is refused, not passed over', (t) => {
  const folder = folderOf(t, { 'kustomization.yaml': 'replicas: []\n' });
  assert.throws(() => render(folder), /'replicas' is not in the subset/);
});
