// What the gateway says of itself to clients of REST, by a linter that nobody here
// wrote.

import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {PROGRAMS, REDIS_SERVERS, Suite} from './suite.mjs';

const require = createRequire(
    new URL('../clients/package.json', import.meta.url));
const {createConfig, lint} = require('@redocly/openapi-core');
const {fromBinary} = require('@bufbuild/protobuf');
const {FileDescriptorSetSchema} = require('@bufbuild/protobuf/wkt');

let suite;

before(async () => {
  const others = [...REDIS_SERVERS, ...PROGRAMS].filter((name) => name !== 'gateway');
  suite = new Suite(others, {});
  await suite.prepare();
  suite.start('gateway');
  await until('the gateway answers', async () =>
    (await fetch(`${suite.url}/healthz`)).status > 0);
});
after(async () => {
  await suite?.kill();
  if (suite) rmSync(suite.folder, {recursive: true, force: true});
});

const fetched = async (path) => {
  const answer = await fetch(suite.url + path);
  assert.equal(answer.status, 200, path);
  return answer;
};

test('GX_01 the OpenAPI document has nothing that a linter finds', async () => {
  const file = join(suite.folder, 'openapi.json');
  writeFileSync(file, await (await fetched('/openapi.json')).text());

  const problems = await lint({
    ref: file, config: await createConfig({extends: ['recommended']}),
  });

  assert.deepEqual(
      problems.slice(0, 10).map(({ruleId, message, location}) =>
        `${ruleId}: ${message} at ${location[0].pointer}`), []);
});

test('GX_01 every method is in the OpenAPI document, and nothing else', async () => {
  const {paths} = await (await fetched('/openapi.json')).json();
  const {file} = fromBinary(FileDescriptorSetSchema,
      new Uint8Array(await (await fetched('/descriptors')).arrayBuffer()));

  // The API's own files and those that they import.
  const methods = file.filter((each) => each.package.startsWith('crm.'))
      .flatMap(({service}) => service).flatMap((service) =>
        service.method.map(({name}) => `${service.name}_${name}`));

  const documented = Object.values(paths).flatMap(Object.values)
      // Further bindings of a method are numbered.
      .map(({operationId}) => operationId.replace(/\d+$/, ''));
  assert.ok(methods.length > 400);
  assert.deepEqual([...new Set(documented)].sort(), methods.sort());
});
