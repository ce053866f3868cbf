// What every caller meets through the gateway: errors that are the same on every
// transport, trace ids, retries that do nothing twice, tenants apart.

import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {after, before, test} from 'node:test';

import {Code, GrpcCalls, statusOf} from './grpc_calls.mjs';
import {Suite} from './suite.mjs';
import {inProto} from './transports.mjs';

const CUSTOMERS = 'crm.operational.v1.CustomerService';
const LEADS = 'crm.operational.v1.LeadService';
const ORDERS = 'crm.operational.v1.OrderService';
const TRACE_ID = /^[0-9a-f]{32}$/;

// An order with a mistake in each field.
const BAD_ORDER = {
  orderNumber: 'N'.repeat(65),
  currencyCode: 'dollars',
  lines: [{
    product: 'no name', quantity: '0',
    discountMillionths: 2_000_000,
  }],
};

let suite;
let calls;

before(async () => {
  suite = await Suite.start();
  calls = await new GrpcCalls(suite.address, suite.token())
      .learn(CUSTOMERS, LEADS, ORDERS);
  await suite.post('/v1/customers', {
    query: {customerId: 'ada'}, body: {displayName: 'Ada', kind: 'PERSON'},
  });
  await suite.post('/v1/orders', {
    query: {orderId: 'draft'},
    body: {customer: 'customers/ada', currencyCode: 'USD'},
  });
});
after(async () => {
  calls?.close();
  await suite?.stop();
});

// A call that ends in each way, as REST and as gRPC.
const REFUSALS = [
  {
    what: 'INVALID_ARGUMENT', http: 400,
    rest: ['POST', '/v1/orders', {body: BAD_ORDER}],
    grpc: [`${ORDERS}/CreateOrder`, {order: BAD_ORDER}],
  },
  {
    what: 'NOT_FOUND', http: 404,
    rest: ['GET', '/v1/customers/nobody'],
    grpc: [`${CUSTOMERS}/GetCustomer`, {name: 'customers/nobody'}],
  },
  {
    what: 'ALREADY_EXISTS', http: 409,
    rest: ['POST', '/v1/customers', {
      query: {customerId: 'ada'}, body: {displayName: 'Ada', kind: 'PERSON'},
    }],
    grpc: [`${CUSTOMERS}/CreateCustomer`, {
      customerId: 'ada', customer: {displayName: 'Ada', kind: 'PERSON'},
    }],
  },
  {
    what: 'ABORTED', http: 409,
    rest: ['PATCH', '/v1/customers/ada', {
      body: {displayName: 'A', etag: '"99"'},
    }],
    grpc: [`${CUSTOMERS}/UpdateCustomer`, {
      customer: {name: 'customers/ada', displayName: 'A', etag: '"99"'},
    }],
  },
  {
    what: 'FAILED_PRECONDITION', http: 400,
    rest: ['POST', '/v1/orders/draft:confirm', {body: {}}],
    grpc: [`${ORDERS}/ConfirmOrder`, {name: 'orders/draft'}],
  },
  {
    what: 'PERMISSION_DENIED', http: 403, role: 'analyst',
    rest: ['GET', '/v1/customers/ada'],
    grpc: [`${CUSTOMERS}/GetCustomer`, {name: 'customers/ada'}],
  },
  {
    what: 'UNAUTHENTICATED', http: 401, token: 'no-token',
    rest: ['GET', '/v1/customers/ada'],
    grpc: [`${CUSTOMERS}/GetCustomer`, {name: 'customers/ada'}],
  },
];

// Makes a call that is refused both ways. Returns the answer over REST and the
// error of grpc-js.
async function refusedTwice({rest, grpc, role, token}) {
  const caller = token ?? suite.token({role: role ?? 'tenant_admin'});
  const [verb, path, options = {}] = rest;
  const answer = await suite.rest(verb, path, {...options, token: caller});
  const error =
      await calls.refusal(grpc[0], inProto(grpc[1]), {token: caller});
  return {answer, error};
}

test('E04 E09 an error is the same over REST and gRPC', async (t) => {
  for (const refusal of REFUSALS) {
    await t.test(refusal.what, async () => {
      const {answer, error} = await refusedTwice(refusal);

      const status = statusOf(error);
      const shown = answer.body.error ?? answer.body;
      assert.equal(answer.status, refusal.http);
      assert.equal(error.code, Code[refusal.what]);
      assert.equal(shown.code, error.code);
      assert.equal(shown.message, status.message);
      assert.equal(error.details, status.message);
      assert.deepEqual(shown.details, status.details);
      const info = shown.details.find(({reason}) => reason);
      assert.match(info.reason, /^[A-Z][A-Z_0-9]{1,62}$/);
      assert.equal(info.domain, 'crm');
    });
  }
});

test('E09 all violations are told at once, each by its field', async () => {
  const {body} = await suite.post('/v1/orders', {body: BAD_ORDER});

  const {details} = body.error ?? body;
  const fields = details.flatMap(({fieldViolations = []}) =>
    fieldViolations.map(({field}) => field));
  for (const field of [
    'order_number', 'currency_code', 'lines[0].product', 'lines[0].quantity',
    'lines[0].discount_millionths',
  ]) {
    assert.ok(fields.some((told) => told.endsWith(field)),
        `${field} is not in ${fields}`);
  }
});

test('E08 every answer has a trace id, errors and pages too', async () => {
  const answers = await Promise.all([
    suite.get('/v1/customers/ada'),
    suite.get('/v1/customers/ada/profile'),
    suite.get('/v1/customers/nobody'),
    suite.get('/v1/customers/ada', {token: 'no-token'}),
    suite.post('/v1/orders', {body: BAD_ORDER}),
    suite.post('/v1/orders', {body: '{"garbage'}),
    suite.get('/v1/no/such/thing'),
    suite.get('/healthz'),
    suite.get('/'),
  ]);
  for (const {status, headers} of answers) {
    assert.match(headers.get('crm-trace-id') ?? '', TRACE_ID, String(status));
  }
  assert.equal(
      new Set(answers.map(({headers}) => headers.get('crm-trace-id'))).size,
      answers.length);

  const {headers} =
      await calls.call(`${CUSTOMERS}/GetCustomer`, {name: 'customers/ada'});
  assert.match(headers.get('crm-trace-id')[0], TRACE_ID);
  const error = await calls.refusal(
      `${CUSTOMERS}/GetCustomer`, {name: 'customers/nobody'});
  assert.match(error.metadata.get('crm-trace-id')[0], TRACE_ID);
});

test('E08 the trace of the caller goes on', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${trace}-00f067aa0ba902b7-01`;

  const {headers} =
      await suite.get('/v1/customers/ada', {headers: {traceparent}});
  const answer = await calls.call(`${CUSTOMERS}/GetCustomer`,
      {name: 'customers/ada'}, {headers: {traceparent}});

  assert.equal(headers.get('crm-trace-id'), trace);
  assert.deepEqual(answer.headers.get('crm-trace-id'), [trace]);
});

async function qualifiedLead(id) {
  const {status, text} = await suite.post('/v1/leads', {
    query: {leadId: id},
    body: {displayName: 'Grace', company: `${id} Ltd`, email: 'g@example.com'},
  });
  assert.equal(status, 200, text);
  const {body} = await suite.post(`/v1/leads/${id}:qualify`, {body: {}});
  assert.equal(body.state, 'QUALIFIED');
  return body;
}

async function accountsOf(lead) {
  const {body} = await suite.get('/v1/accounts', {
    query: {filter: `customer="${lead.customer}"`},
  });
  return body.accounts ?? [];
}

test('OP_01 a conversion can be previewed, and changes nothing then', async () => {
  const lead = await qualifiedLead('previewed');

  const preview = await suite.post('/v1/leads/previewed:convert', {
    body: {opportunityDisplayName: 'Tea', validateOnly: true},
  });

  assert.equal(preview.status, 200, preview.text);
  assert.equal(preview.body.lead.state, 'CONVERTED');
  assert.deepEqual((await suite.get('/v1/leads/previewed')).body, lead);
  assert.deepEqual(await accountsOf(lead), []);
});

test('OP_01 a lead is converted once however often it is asked for', async () => {
  const lead = await qualifiedLead('repeated');
  const body = {opportunityDisplayName: 'Tea', requestId: randomUUID()};

  const answers = [];
  for (let i = 0; i < 3; ++i) {
    answers.push(await suite.post('/v1/leads/repeated:convert', {body}));
  }
  const byGrpc = await calls.call(
      `${LEADS}/ConvertLead`, inProto({...body, name: 'leads/repeated'}));
  const other = await suite.post('/v1/leads/repeated:convert', {
    body: {...body, opportunityDisplayName: 'Coffee'},
  });
  const again = await suite.post('/v1/leads/repeated:convert', {
    body: {...body, requestId: randomUUID()},
  });

  for (const {status, body: converted, text} of answers) {
    assert.equal(status, 200, text);
    assert.deepEqual(converted, answers[0].body);
  }
  assert.equal(byGrpc.response.account, answers[0].body.account);
  assert.equal((await accountsOf(lead)).length, 1);
  assert.equal(other.status, 400);
  assert.match(other.text, /INVALID_ARGUMENT|REQUEST_ID/);
  assert.equal(again.status, 400);
  assert.match(again.text, /ILLEGAL_TRANSITION/);
});

test('another tenant sees nothing', async () => {
  const token = suite.token({tenant: 'other'});

  const missing = await suite.get('/v1/customers/ada', {token});
  const never = await suite.get('/v1/customers/never-was', {token});
  const listed = await suite.get('/v1/customers', {token});
  const profile = await suite.get('/v1/customers/ada/profile', {token});
  const changed = await suite.rest('PATCH', '/v1/customers/ada', {
    token, body: {displayName: 'Mine'},
  });
  const referred = await suite.post('/v1/orders', {
    token, body: {customer: 'customers/ada', currencyCode: 'USD'},
  });

  assert.equal(missing.status, 404);
  assert.equal(missing.text.replaceAll('customers/ada', 'customers/never-was'),
      never.text);
  assert.deepEqual(listed.body.customers ?? [], []);
  assert.equal(profile.status, 404);
  assert.equal(changed.status, 404);
  assert.notEqual(referred.status, 200);
  assert.equal((await suite.get('/v1/customers/ada')).body.displayName, 'Ada');
});
