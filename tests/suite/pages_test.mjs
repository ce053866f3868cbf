// The pages of the gateway, which need no service behind it: what it says of itself,
// by a linter that nobody here wrote, and the files of a console.

import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {PROGRAMS, REDIS_SERVERS, Suite} from './suite.mjs';

const require = createRequire(
    new URL('../clients/package.json', import.meta.url));
const {createConfig, lint} = require('@redocly/openapi-core');
const {fromBinary} = require('@bufbuild/protobuf');
const {FileDescriptorSetSchema} = require('@bufbuild/protobuf/wkt');

const PAGE = '<!doctype html><title>Console</title>';
const SCRIPT = 'document.title += "!";';

let suite;
// The folder of the console.
let folder;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crm-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), PAGE);
  writeFileSync(join(folder, 'assets', 'app.js'), SCRIPT);
  writeFileSync(join(folder, '.secret'), 'hidden');
  const others = [...REDIS_SERVERS, ...PROGRAMS].filter((name) => name !== 'gateway');
  suite = new Suite(others, {CRM_GATEWAY_CONSOLE_DIR: folder});
  await suite.prepare();
  suite.start('gateway');
  await until('the gateway answers', async () =>
    (await fetch(`${suite.url}/healthz`)).status > 0);
});
after(async () => {
  await suite?.kill();
  for (const each of [suite?.folder, folder]) {
    if (each) rmSync(each, {recursive: true, force: true});
  }
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

test('the files of a console are served to who brings no token', async () => {
  const page = await fetched('/console/');
  assert.equal(await page.text(), PAGE);
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(page.headers.get('content-security-policy'), /default-src 'self'/);
  const script = await fetched('/console/assets/app.js?v=2');
  assert.equal(await script.text(), SCRIPT);
  assert.equal(
      script.headers.get('content-type'), 'text/javascript; charset=utf-8');
  const outside = await fetch(`${suite.url}/console`, {redirect: 'manual'});
  assert.equal(outside.status, 308);
  assert.equal(outside.headers.get('location'), '/console/');
});

test('a browser that has a file is not sent it again', async () => {
  const etag = (await fetched('/console/')).headers.get('etag');
  const again = await fetch(`${suite.url}/console/`,
      {headers: {'if-none-match': `"other", W/${etag}`}});
  assert.equal(again.status, 304);
  assert.equal(await again.text(), '');
  const other = await fetch(`${suite.url}/console/`,
      {headers: {'if-none-match': '"other"'}});
  assert.equal(other.status, 200);
});

// Sends `path` as it stands, which fetch() would not. Returns the status.
function statusOf(path) {
  return new Promise((resolve, reject) => {
    let text = '';
    connect(suite.ports.gateway, '127.0.0.1')
        .on('data', (chunk) => { text += chunk; })
        .on('end', () => resolve(Number(text.split(' ')[1])))
        .on('error', reject)
        .write(`GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`);
  });
}

test('no path leads out of the folder', async () => {
  for (const path of ['/console/../../etc/passwd', '/console/%2e%2e/%2e%2e/etc/passwd',
    '/console/..%2f..%2fetc/passwd', '/console//etc/passwd', '/console/.secret',
    '/console/assets', '/console/assets/', '/console/nope.js']) {
    assert.ok([400, 404].includes(await statusOf(path)), path);
  }
  // What only begins like it is no part of it.
  assert.equal(await statusOf('/console2/'), 401);
});
