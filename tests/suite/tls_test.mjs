// The suite with certificates between its processes, as ./crm up runs it.

import assert from 'node:assert/strict';
import {connect} from 'node:http2';
import {after, before, test} from 'node:test';

import {Suite} from './suite.mjs';

let suite;

before(async () => {
  suite = await Suite.start({tls: true});
});

after(() => suite?.stop());

test('F47 reads, writes and profiles pass through every process', async () => {
  const token = suite.token();
  const made = await suite.post('/v1/customers',
      {query: {customerId: 'tls-1'}, token, body: {displayName: 'Ada', kind: 'PERSON'}});
  assert.equal(made.status, 200, made.text);

  const profile = await suite.get('/v1/customers/tls-1/profile',
      {token, headers: {'crm-token': made.headers.get('crm-token')}});

  assert.equal(profile.status, 200, profile.text);
  const identity = profile.body.slices.find(({kind}) => kind === 'IDENTITY');
  assert.equal(identity.identity.displayName, 'Ada');
});

test('F47 a service answers nobody without a certificate', async () => {
  const session = connect(`http://127.0.0.1:${suite.ports.operational}`);
  const outcome = await new Promise((resolve) => {
    session.on('error', () => resolve('refused'));
    session.on('close', () => resolve('refused'));
    const call = session.request({
      ':method': 'POST', ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc', 'te': 'trailers'});
    call.on('response', () => resolve('answered'));
    call.on('error', () => {});
    call.end(Buffer.from([0, 0, 0, 0, 0]));
  });
  session.destroy();

  assert.equal(outcome, 'refused');
});
