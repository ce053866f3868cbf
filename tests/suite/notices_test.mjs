// Who is mentioned, and who follows what others change, is told of it, once,
// whatever happens to the programs.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';

import {until} from './process.mjs';
import {Suite} from './suite.mjs';

let suite;

before(async () => {
  suite = await Suite.start();
  for (const id of ['bob', 'cleo']) {
    await does('POST', 'users', {
      query: {userId: id},
      body: {displayName: id, subject: `user:${id}`, roles: ['sales_rep']},
    });
  }
});
after(() => suite?.stop());

const tokenOf = (id) => suite.token({role: 'sales_rep', subject: `user:${id}`});

async function does(verb, path, options) {
  const {status, text, body} = await suite.rest(verb, `/v1/${path}`, options);
  assert.equal(status, 200, `${verb} ${path}: ${text}`);
  return body;
}

async function notificationsOf(id, reason) {
  const {notifications = []} = await does('GET', 'notifications', {
    token: tokenOf(id),
    query: {filter: `reason = ${reason}`, pageSize: '1000'},
  });
  return notifications;
}

function mention(subject, ...ids) {
  return does('POST', 'activities', {
    body: {subject, kind: 'CALL', mentions: ids.map((id) => `users/${id}`)},
  });
}

async function followLead(lead, id) {
  const [, leadId] = lead.split('/');
  await does('POST', 'leads', {
    query: {leadId},
    body: {displayName: 'Ada', company: 'Secret plans', owner: `user:${id}`},
  });
  return does('POST', 'followers', {token: tokenOf(id), body: {resource: lead}});
}

function change(lead, company, token) {
  return does('PATCH', lead, {
    query: {updateMask: 'company'}, body: {company}, token,
  });
}

test('OP_23 CO_18 a mention yields one notification, for its recipient alone', async () => {
  const activity = await mention('Salaries', 'bob');
  assert.deepEqual(activity.mentionedSubjects, ['user:bob']);

  const [told] = await until('bob is told', async () => {
    const list = await notificationsOf('bob', 'MENTION');
    return list.length > 0 && list;
  });

  assert.equal(told.resource, activity.name);
  assert.equal(told.state, 'UNREAD');
  assert.ok(!JSON.stringify(told).includes('Salaries'));
  assert.deepEqual(await notificationsOf('cleo', 'MENTION'), []);
  for (const [verb, path] of
    [['GET', told.name], ['POST', `${told.name}:markRead`]]) {
    const body = verb === 'POST' ? {} : undefined;
    const {status} =
        await suite.rest(verb, `/v1/${path}`, {token: tokenOf('cleo'), body});
    assert.equal(status, 404, `${verb} ${path}`);
  }
  const read = await does('POST', `${told.name}:markRead`,
      {token: tokenOf('bob'), body: {}});
  assert.equal(read.state, 'READ');
});

test('OP_23 a follower is told that there was a change, and what it was while he may read it', async () => {
  const lead = 'leads/ada';
  await followLead(lead, 'bob');
  await change(lead, 'His own', tokenOf('bob'));
  await change(lead, 'Engines');

  const told = await until('bob is told', async () => {
    const list = await notificationsOf('bob', 'FOLLOW');
    return list.length > 0 && list;
  });

  assert.equal(told.length, 1);
  const [{resource, actor, eventId}] = told;
  assert.equal(resource, lead);
  assert.equal(actor, undefined);
  assert.ok(!JSON.stringify(told).includes('Engines'));
  const changes = async () => (await does('GET', 'followers:listChanges',
      {token: tokenOf('bob')})).changes ?? [];
  const [shown] = (await changes()).filter((made) => made.eventId === eventId);
  assert.deepEqual(shown.changedFields, ['company']);

  // Another one's lead is nothing that he may read.
  await does('PATCH', lead,
      {query: {updateMask: 'owner'}, body: {owner: 'user:cleo'}});
  await until('bob is told of that', async () =>
    (await notificationsOf('bob', 'FOLLOW')).length === 2);
  assert.deepEqual(await changes(), []);
});

test('OP_23 CO_18 kills and a lost bus make none come twice or be missed', async () => {
  const lead = 'leads/grace';
  await followLead(lead, 'bob');
  const {length: mentions} = await notificationsOf('bob', 'MENTION');
  const {length: follows} = await notificationsOf('bob', 'FOLLOW');
  for (let i = 0; i < 10; ++i) {
    await mention(`Call ${i}`, 'bob', 'bob');
    await change(lead, `Company ${i}`);
    if (i === 3 || i === 6) await suite.restart('collaborative');
    if (i === 4) {
      await suite.restart('operational');
      await suite.ready();
    }
    if (i === 5) await suite.restart('redis-bus', {empty: true});
  }
  await mention('The last', 'cleo');

  await until('all are told', async () =>
    (await notificationsOf('bob', 'MENTION')).length >= mentions + 10 &&
    (await notificationsOf('bob', 'FOLLOW')).length >= follows + 10 &&
    (await notificationsOf('cleo', 'MENTION')).length === 1, 60_000);
  for (const [reason, length] of
    [['MENTION', mentions + 10], ['FOLLOW', follows + 10]]) {
    const events =
        (await notificationsOf('bob', reason)).map(({eventId}) => eventId);
    assert.equal(events.length, length, reason);
    assert.equal(new Set(events).size, events.length, reason);
  }
});
