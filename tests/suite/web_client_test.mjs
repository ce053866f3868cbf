// Clients of gRPC-Web that nobody here wrote: the one that protoc-gen-es makes of
// what the gateway serves at /descriptors, with the transport that browsers use,
// and `buf curl`.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {promisify} from 'node:util';

import {Suite} from './suite.mjs';

const CLIENTS = fileURLToPath(new URL('../clients/', import.meta.url));
const MODULES = join(CLIENTS, 'node_modules');
const NOT_FOUND = 5;

const run = promisify(execFile);

let suite;
let folder;
let client;

// Imports a module of the generated client or of what it stands on.
const load = (path) => import(pathToFileURL(join(folder, path)));
const connect = (name) => load(`node_modules/@connectrpc/${name}/dist/esm/index.js`);

// Generates the client of the API that the gateway describes.
async function generate() {
  folder = join(suite.folder, 'client');
  mkdirSync(folder);
  symlinkSync(MODULES, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  const described = await fetch(`${suite.url}/descriptors`);
  assert.equal(described.status, 200);
  writeFileSync(join(folder, 'crm.binpb'),
      new Uint8Array(await described.arrayBuffer()));
  const template = {
    version: 'v2',
    plugins: [{
      local: [process.execPath, join(MODULES, '@bufbuild/protoc-gen-es/bin/protoc-gen-es')],
      out: folder,
      opt: ['target=js', 'import_extension=js'],
      include_imports: true,
    }],
  };
  await run(join(MODULES, '.bin/buf'),
      ['generate', 'crm.binpb', '--template', JSON.stringify(template)],
      {cwd: folder, env: {PATH: process.env.PATH, HOME: suite.folder}});
}

before(async () => {
  suite = await Suite.start();
  await generate();
  const {createClient} = await connect('connect');
  const {createGrpcWebTransport} = await connect('connect-web');
  const transport = createGrpcWebTransport({
    baseUrl: suite.url,
    interceptors: [(next) => (request) => {
      request.header.set('authorization', `Bearer ${suite.token()}`);
      return next(request);
    }],
  });
  client = async (file, service) =>
    createClient((await load(`crm/${file}_pb.js`))[service], transport);
});
after(async () => {
  await suite?.stop();
});

test('E04 a generated client makes and reads a customer', async () => {
  const customers = await client('operational/v1/customer', 'CustomerService');

  const made = await customers.createCustomer({
    customerId: 'web', customer: {displayName: 'Wëb', kind: 1},
  });
  const read = await customers.getCustomer({name: 'customers/web'});

  assert.equal(made.name, 'customers/web');
  assert.equal(read.displayName, 'Wëb');
  assert.deepEqual(read, made);
});

test('E04 a generated client is told what is wrong, with details', async () => {
  const customers = await client('operational/v1/customer', 'CustomerService');

  const error = await customers.getCustomer({name: 'customers/none'})
      .then(() => assert.fail('There is no such customer.'), (error) => error);

  assert.equal(error.code, NOT_FOUND);
  assert.deepEqual(
      error.details.map(({type}) => type),
      ['google.rpc.ErrorInfo', 'google.rpc.ResourceInfo']);
});

test('E04 a generated client watches changes as they come', async () => {
  const customers = await client('operational/v1/customer', 'CustomerService');
  const changes = await client('platform/v1/change', 'ChangeService');
  const create = (customerId) => customers.createCustomer(
      {customerId, customer: {displayName: customerId, kind: 1}});
  await create('before');

  const seen = new Set();
  const stop = new AbortController();
  const options = {signal: stop.signal};
  for await (const {resource} of
    changes.watch({fromBeginning: true}, options)) {
    if (resource === 'customers/before') await create('during');
    seen.add(resource);
    if (resource === 'customers/during') break;
  }
  stop.abort();

  assert.ok(seen.has('customers/before') && seen.has('customers/during'));
});

test('E04 buf curl speaks gRPC-Web over either HTTP', async () => {
  for (const version of [['--http2-prior-knowledge'], []]) {
    const {stdout} = await run(join(MODULES, '.bin/buf'), [
      'curl', '--protocol', 'grpcweb', ...version,
      '--schema', join(folder, 'crm.binpb'),
      '--header', `Authorization: Bearer ${suite.token()}`,
      '--data', '{"name": "customers/web"}',
      `${suite.url}/crm.operational.v1.CustomerService/GetCustomer`,
    ], {env: {PATH: process.env.PATH, HOME: suite.folder}});
    assert.equal(JSON.parse(stdout).displayName, 'Wëb');
  }
});
