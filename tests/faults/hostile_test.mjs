// Every method meets what a caller who means harm can send: each time there is a
// typed error, no process ends, and nothing has changed.

import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
import {after, afterEach, before, test} from 'node:test';

import {Code, GrpcCalls, statusOf} from '../suite/grpc_calls.mjs';
import {all, NotingClient} from '../suite/imports.mjs';
import {Suite} from '../suite/suite.mjs';

const COLLECTIONS = ['customers', 'leads', 'products', 'orders', 'conversations'];
// The last one has nothing and never gets anything.
const TENANTS = ['demo', 'other', 'third'];
const REASON = /^[A-Z][A-Z_0-9]{1,62}$/;
const MIB = 2 ** 20;
// What may stand for bad input. Not INTERNAL, nor UNKNOWN, nor UNAVAILABLE.
const TYPED = new Set([
  Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.RESOURCE_EXHAUSTED,
  Code.FAILED_PRECONDITION, Code.PERMISSION_DENIED, Code.OUT_OF_RANGE,
]);

let suite;
let calls;
// Every method, as `crm.operational.v1.CustomerService/GetCustomer`.
let methods;
// Every REST call that takes a body: {verb, path}.
let routes;
let pids;
let state;

// Returns the names and versions of all that is there in each tenant, and the
// name of the last audit entry of a change: what was refused is written down
// somewhat later.
async function stateOfAll() {
  const found = [];
  for (const tenant of TENANTS) {
    const client = new NotingClient(suite, tenant);
    for (const collection of COLLECTIONS) {
      const resources = await all(client, collection);
      found.push(...resources.map(({name, etag}) => `${tenant} ${name} ${etag}`));
    }
    const {auditEntries} = await client.get(
        '/v1/auditEntries', {pageSize: 1, filter: 'outcome = DONE'});
    found.push(`${tenant} ${auditEntries?.[0].name}`);
  }
  return found;
}

before(async () => {
  suite = await Suite.start();
  calls = new GrpcCalls(suite.address, suite.token());
  const services = (await calls.listServices())
      .filter((name) => name.startsWith('crm.'));
  await calls.learn(...services);
  methods = calls.methods();
  const {body: {paths}} = await suite.get('/openapi.json');
  routes = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).filter(([, {requestBody}]) => requestBody).map(
        ([verb]) => ({
          verb: verb.toUpperCase(),
          path: path.replaceAll(/\{\w+\}/g, 'ada'),
        })));
  for (const tenant of TENANTS.slice(0, 2)) {
    const token = suite.token({tenant});
    for (const [collection, body] of [
      ['customer', {displayName: 'Ada', kind: 'PERSON'}],
      ['lead', {displayName: 'Ada'}],
      ['product', {displayName: 'Tea', sku: 'TEA'}],
      ['order', {customer: 'customers/ada', currencyCode: 'USD'}],
    ]) {
      const {status, text} = await suite.post(`/v1/${collection}s`, {
        token, query: {[`${collection}Id`]: 'ada'}, body,
      });
      assert.equal(status, 200, text);
    }
  }
  pids = suite.pids();
  state = await stateOfAll();
});
after(async () => {
  calls?.close();
  await suite?.stop();
});
afterEach(async () => {
  assert.deepEqual(suite.pids(), pids, 'a process has ended');
  assert.deepEqual(await stateOfAll(), state, 'something has changed');
});

// Checks that an answer over REST is an error that says what it is.
function checkTyped(answer, what) {
  const said = `${what}: ${answer.status} ${answer.text.slice(0, 500)}`;
  assert.ok(answer.status >= 400 && answer.status < 500, said);
  const {code, details} = answer.body?.error ?? answer.body ?? {};
  assert.ok(code > 0, said);
  const info = details?.find(({reason}) => reason);
  assert.match(info?.reason ?? '', REASON, said);
  assert.equal(info.domain, 'crm', said);
}

function checkTypedStatus(error, what) {
  assert.ok(error, `${what} was accepted`);
  const said = `${what}: ${error.code} ${error.details}`;
  assert.ok(TYPED.has(error.code), said);
  const info = statusOf(error).details.find(({reason}) => reason);
  assert.match(info?.reason ?? '', REASON, said);
}

const BAD_BODIES = {
  'garbage': '{"display_name": \u0001\u0002 }]',
  'half a message': '{"displayName": "A',
  'another type': '[1, 2, 3]',
  'deep nesting': `${'{"labels":'.repeat(50_000)}1`,
  'deep lists': `{"labels": ${'['.repeat(100_000)}`,
  '2 MiB': JSON.stringify({displayName: 'x'.repeat(2 * MIB)}),
  'wrong UTF-8':
      Buffer.concat([Buffer.from('{"displayName":"'), Buffer.from([0xc3, 0x28, 0xff]),
        Buffer.from('"}')]),
  'a lone surrogate': '{"displayName":"\\ud800"}',
  'an unknown field': '{"noSuchField": 1}',
  'a field twice': '{"labels": {}, "labels": {}}',
  'a number too large': '{"pageSize": 1e400, "quantity": 1e400}',
  'the wrong kind': '{"name": {"a": 1}, "displayName": [], "requests": 7}',
  'a null byte': '{"displayName\u0000": "A"}',
};

for (const [what, body] of Object.entries(BAD_BODIES)) {
  test(`REST refuses ${what} at every path`, async () => {
    assert.ok(routes.length > 50, `only ${routes.length} paths`);
    for (const {verb, path} of routes) {
      checkTyped(await suite.rest(verb, path, {body}), `${verb} ${path}`);
    }
  });
}

const VARINT_WITHOUT_END = Buffer.alloc(64, 0xff);
const LENGTH_DELIMITED = 2;

// Returns a request whose every field of text or of a message is a byte that is
// neither; nothing for one without such fields, which can hold no text.
function wrongText(method) {
  const fields = calls.fieldsOf(method)
      .filter(({type}) => ['TYPE_STRING', 'TYPE_MESSAGE'].includes(type));
  return Buffer.from(fields.filter(({number}) => number < 16)
      .flatMap(({number}) => [(number << 3) | LENGTH_DELIMITED, 1, 0xff]));
}

const BAD_BYTES = {
  'garbage': () => VARINT_WITHOUT_END,
  'a cut message': () => Buffer.from([0x0a, 0x7f, 0x41]),
  'wrong UTF-8': wrongText,
  'deep nesting': () => Buffer.alloc(20_000, 0x0b),
};

for (const [what, bytesFor] of Object.entries(BAD_BYTES)) {
  test(`gRPC refuses ${what} in every method`, async () => {
    assert.ok(methods.length > 80, `only ${methods.length} methods`);
    const without = [];
    for (const method of methods) {
      const bytes = bytesFor(method);
      if (bytes.length === 0) without.push(method);
      else checkTypedStatus(await calls.sendBytes(method, bytes), method);
    }
    // Nearly every request names something.
    assert.ok(without.length < 5, `left out: ${without}`);
  });
}

test('gRPC refuses 5 MiB in every method', async () => {
  const bytes = Buffer.concat([
    Buffer.from([0x0a, 0x80, 0x80, 0xc0, 0x02]), Buffer.alloc(5 * MIB, 0x41)]);
  for (const method of methods) {
    // The library that reads the message refuses it, without details.
    const error = await calls.sendBytes(method, bytes);
    assert.equal(error?.code, Code.RESOURCE_EXHAUSTED, method);
  }
});

test('bad queries are refused, and say what is wrong', async () => {
  for (const query of [
    {filter: '('.repeat(4000)}, {filter: 'NOT '.repeat(1000)},
    {filter: 'noSuchField = 1'}, {filter: 'kind = "'}, {filter: '\u0000'},
    {filter: 'x'.repeat(5000)}, {orderBy: 'display_name; DROP TABLE customers'},
    {orderBy: 'no_such_field'}, {pageSize: '-1'}, {pageSize: 'many'},
    {pageToken: 'garbage'}, {pageToken: 'A'.repeat(3000)}, {noSuchField: '1'},
  ]) {
    checkTyped(await suite.get('/v1/customers', {query}), JSON.stringify(query));
  }
});

test('bad names are refused, and reach nobody else', async () => {
  for (const name of [
    'customers/%2e%2e', 'customers/..%2fleads%2fada', 'customers/ADA%00',
    'customers/%ff%fe', `customers/${'a'.repeat(300)}`, 'customers/-',
    'customers/ada%27%20OR%201=1', 'tenants/other/customers/ada',
  ]) {
    checkTyped(await suite.get(`/v1/${name}`), name);
  }
});

const base64url = (value) => Buffer.from(value).toString('base64url');

// Returns tokens that nobody may get in with, by what is wrong with them.
function badTokens() {
  const good = suite.token();
  const [head, claims, signature] = good.split('.');
  const rewritten = (change) => base64url(JSON.stringify(
      {...JSON.parse(Buffer.from(claims, 'base64url')), ...change}));
  const now = Math.floor(Date.now() / 1000);
  // With the key of the issuer.
  const signed = (change) => {
    const text = `${head}.${rewritten(change)}`;
    return `${text}.${suite.sign(text)}`;
  };
  const signedWithNothing = base64url(JSON.stringify({alg: 'none', typ: 'JWT'}));
  const symmetric = `${base64url(JSON.stringify({alg: 'HS256', typ: 'JWT'}))}.${
    rewritten({crm_roles: ['system']})}`;
  return {
    'expired': signed({iat: now - 7200, nbf: now - 7200, exp: now - 3600}),
    'not valid yet': signed({iat: now + 3600, nbf: now + 3600, exp: now + 7200}),
    'for another audience': signed({aud: 'somebody-else'}),
    'of a user who claims to be the suite':
        signed({crm_tenant: 'system', crm_roles: ['system']}),
    'of another tenant, the signature kept':
        `${head}.${rewritten({crm_tenant: 'other'})}.${signature}`,
    'of more rights, the signature kept':
        `${head}.${rewritten({crm_roles: ['system']})}.${signature}`,
    'of alg none': `${signedWithNothing}.${claims}.`,
    'of alg none, signed': `${signedWithNothing}.${claims}.${signature}`,
    'of HS256, signed with the public key set': `${symmetric}.${
      createHmac('sha256', suite.publicKeys()).update(symmetric).digest('base64url')}`,
    'without signature': `${head}.${claims}.`,
    'cut': good.slice(0, -8),
    'of an issuer whose users are not let in':
        suite.token({issuer: 'someone-else'}),
    'that is none': 'garbage',
    'that is long': 'x'.repeat(10_000),
    'that is missing': '',
  };
}

test('a token that is signed anew and says the same lets in', async () => {
  const [head, claims] = suite.token().split('.');
  const text = `${head}.${claims}`;

  const {status} = await suite.get('/v1/customers/ada', {
    token: `${text}.${suite.sign(text)}`,
  });

  assert.equal(status, 200);
});

test('F16 tokens that are expired, forged or foreign let nobody in', async () => {
  for (const [what, token] of Object.entries(badTokens())) {
    const answers = [
      await suite.get('/v1/customers/ada', {token}),
      await suite.post('/v1/customers', {
        token, body: {displayName: 'Eve', kind: 'PERSON'},
      }),
      await suite.get('/v1/customers/ada/profile', {token}),
      await suite.get('/v1/changes:watch', {token}),
    ];
    for (const answer of answers) {
      assert.equal(answer.status, 401, `${what}: ${answer.text}`);
      checkTyped(answer, what);
    }
    const error = await calls.refusal(
        'crm.operational.v1.CustomerService/GetCustomer',
        {name: 'customers/ada'}, {token});
    assert.equal(error.code, Code.UNAUTHENTICATED, what);
  }
});

test('no method answers without a token', async () => {
  for (const method of methods) {
    const error = await calls.sendBytes(method, Buffer.alloc(0), {token: ''});
    assert.equal(error?.code, Code.UNAUTHENTICATED, method);
  }
});

test('the services themselves ask for a token too', async () => {
  for (const [name, method] of [
    ['operational', 'crm.operational.v1.CustomerService/ListCustomers'],
    ['operational', 'crm.internal.v1.Feed/Read'],
    ['analytical', 'crm.analytical.v1.RfmSnapshotService/ListRfmSnapshots'],
    ['collaborative', 'crm.collaborative.v1.ConversationService/ListConversations'],
  ]) {
    const direct = new GrpcCalls(`127.0.0.1:${suite.ports[name]}`, 'garbage');
    const error = await direct.sendBytes(method, Buffer.alloc(0));
    assert.equal(error?.code, Code.UNAUTHENTICATED, method);
  }
});

test('a user reaches nothing that is the suite\'s own', async () => {
  const direct = new GrpcCalls(
      `127.0.0.1:${suite.ports.operational}`, suite.token());
  const inside = await direct.sendBytes(
      'crm.internal.v1.Feed/Head', Buffer.alloc(0));
  const outside = await calls.sendBytes(
      'crm.internal.v1.Feed/Head', Buffer.alloc(0));

  assert.equal(inside?.code, Code.PERMISSION_DENIED);
  assert.equal(outside?.code, Code.UNIMPLEMENTED);
});

test('another tenant\'s names are names of nothing', async () => {
  const token = suite.token({tenant: 'third'});
  const answers = [
    await suite.get('/v1/customers/ada', {token}),
    await suite.get('/v1/customers/ada/profile', {token}),
    await suite.rest('PATCH', '/v1/customers/ada', {
      token, body: {displayName: 'Mine'},
    }),
    await suite.rest('DELETE', '/v1/customers/ada', {token}),
    await suite.post('/v1/leads/ada:qualify', {token, body: {}}),
    await suite.post('/v1/orders/ada:submit', {token, body: {}}),
    await suite.post('/v1/orders', {
      token, body: {customer: 'customers/ada', currencyCode: 'USD'},
    }),
    await suite.post('/v1/customers:batchDelete', {
      token, body: {requests: [{name: 'customers/ada'}]},
    }),
  ];

  answers.forEach((answer, i) => {
    checkTyped(answer, `call ${i}`);
    assert.ok([400, 404].includes(answer.status), answer.text);
  });
});

test('headers do not change who somebody is', async () => {
  const {body} = await suite.get('/v1/customers', {
    token: suite.token({tenant: 'third'}),
    headers: {
      'x-crm-tenant': 'demo', 'crm-tenant': 'demo', 'x-forwarded-for': '127.0.0.1',
    },
  });

  assert.deepEqual(body.customers ?? [], []);
  // Some programs take it for the first of those.
  checkTyped(
      await suite.get('/v1/customers', {headers: {'x_crm_tenant': 'demo'}}),
      'a header with an underscore');
});
