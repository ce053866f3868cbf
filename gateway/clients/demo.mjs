// Shows what becomes of an order: makes a customer and an order through the
// public API, watches the changes come in, and reads the customer's profile until
// every service knows of it. All steps are timed. At the end a call that is wrong
// in several ways shows what the API answers to it.
//
//   node demo.mjs --url http://127.0.0.1:8080 --token-file FILE

import {randomBytes, randomUUID} from 'node:crypto';
import {setTimeout as pause} from 'node:timers/promises';
import {parseArgs} from 'node:util';

import {grouped, nanosOfMoney} from './money.mjs';
import {ApiError, RestClient} from './rest.mjs';

// By which an answer says what state it left behind, and a later read that it
// wants to see at least that.
const CONSISTENCY_HEADER = 'crm-token';
const POLL_MS = 20;
// Scores are computed at most once a minute.
const SCORES_PATIENCE_MS = 90_000;
const EVENTS_PATIENCE_MS = 10_000;
// A customer created and an order created, submitted and confirmed.
const EVENTS_EXPECTED = 4;

const amount = (money) =>
    `${grouped(nanosOfMoney(money))} ${money.currencyCode}`;
const ms = (from, to = performance.now()) => `${(to - from).toFixed(1)} ms`;

function headline(text) {
  console.log(`\n${text}\n${'-'.repeat(text.length)}`);
}

function step(time, text, detail = '') {
  console.log(`  ${time.padStart(10)}  ${text.padEnd(38)} ${detail}`.trimEnd());
}

// Makes one call and shows it. Returns the answer, and the token that tells a
// later read what it must have seen.
async function timedPost(client, path, {query = {}, body = {}}) {
  const began = performance.now();
  const response = await client.send('POST', path, {query, body});
  const answer = await response.json();
  return {
    answer,
    began,
    took: ms(began),
    token: response.headers.get(CONSISTENCY_HEADER) ?? '',
  };
}

// Returns the lines of an order of two products of the sample business.
async function twoLines(client) {
  const {products = []} = await client.get('/v1/products', {pageSize: 2});
  if (products.length < 2) {
    throw new Error("There are no products yet; './crm sample' brings some.");
  }
  return products.map(({name}, index) => ({
    product: name, quantity: '3', discountMillionths: index * 100_000,
  }));
}

// Collects the changes of a stream, each with the time when it came.
class Watcher {
  constructor() {
    this.changes = [];
    this.failure = null;
  }

  async follow(messages) {
    try {
      for await (const change of messages) {
        // A heartbeat has nothing but a resume token.
        if (!change.eventId) continue;
        this.changes.push({change, time: performance.now()});
      }
    } catch (error) {
      if (error.name !== 'AbortError') this.failure = error;
    }
  }

  async until(count) {
    const giveUp = performance.now() + EVENTS_PATIENCE_MS;
    while (this.changes.length < count && performance.now() < giveUp &&
           this.failure === null) {
      await pause(POLL_MS);
    }
  }
}

// Makes and confirms an order of a new customer. Returns the calls, in order.
async function placeOrder(client, id) {
  const calls = [];
  const make = async (what, path, request) => {
    const call = await timedPost(client, path, request);
    calls.push(call);
    const {name, state, total} = call.answer;
    step(call.took, what, [name, state, total && amount(total)]
        .filter(Boolean).join(', '));
    return call.answer;
  };
  const lines = await twoLines(client);
  await make('POST /v1/customers', '/v1/customers', {
    query: {customerId: id, requestId: randomUUID()},
    body: {displayName: `Demo ${id}`, kind: 'PERSON', segment: 'Consumer'},
  });
  await make('POST /v1/orders', '/v1/orders', {
    query: {orderId: id, requestId: randomUUID()},
    body: {customer: `customers/${id}`, currencyCode: 'USD', lines},
  });
  for (const verb of ['submit', 'confirm']) {
    await make(`POST /v1/orders/${id}:${verb}`, `/v1/orders/${id}:${verb}`, {
      body: {requestId: randomUUID()},
    });
  }
  return calls;
}

// Shows what came in on the stream, and how long after its call was sent.
function showChanges(watcher, calls) {
  watcher.changes.forEach(({change, time}, index) => {
    const since = calls[Math.min(index, calls.length - 1)].began;
    const fields = (change.changedFields ?? []).join(', ');
    step(ms(since, time), `${change.type} ${change.resource}`, fields);
  });
  if (watcher.failure) console.log(`  The stream broke: ${watcher.failure.message}`);
}

// Reads one slice of the profile until `isNew` says that it knows of the order.
// Returns the slice. Throws once patience is at its end.
async function sliceUntil(client, id, kind, token, patienceMs, isNew) {
  const giveUp = performance.now() + patienceMs;
  let slice;
  do {
    const response = await client.send('GET', `/v1/customers/${id}/profile`, {
      query: {slices: kind},
      headers: token ? {[CONSISTENCY_HEADER]: token} : {},
    });
    slice = (await response.json()).slices
        ?.find((candidate) => candidate.kind === kind);
    if (slice && isNew(slice)) return slice;
    await pause(POLL_MS);
  } while (performance.now() < giveUp);
  throw new Error(`${kind} did not change within ${patienceMs / 1000} s; it is ` +
      `${slice?.state ?? 'not there'} ${slice?.reason ?? ''}`.trimEnd() + '.');
}

async function showCommercial(client, id, {began, token}) {
  const slice = await sliceUntil(
      client, id, 'COMMERCIAL', token, EVENTS_PATIENCE_MS,
      ({commercial}) => Number(commercial?.confirmedOrderCount ?? 0) === 1);
  const revenue = slice.commercial.lifetimeRevenue.map(amount).join(', ');
  step(ms(began), 'COMMERCIAL', `${slice.state}: 1 confirmed order, ${revenue}`);
}

async function showScores(client, id, {began, token}) {
  const patient = setTimeout(() => {
    console.log('              (scores are computed at most once a minute)');
  }, 2000);
  try {
    const {state, scores} = await sliceUntil(
        client, id, 'SCORES', token, SCORES_PATIENCE_MS,
        ({scores}) => Number(scores?.frequency ?? 0) === 1);
    step(ms(began), 'SCORES',
        `${state}: recency ${scores.recencyDays ?? 0} days, ` +
        `frequency ${scores.frequency}, monetary ${amount(scores.monetary)}, ` +
        `cell ${scores.rfmCell}`);
  } finally {
    clearTimeout(patient);
  }
}

// Shows what the API answers to an order with several mistakes.
async function showRefusal(client) {
  try {
    await timedPost(client, '/v1/orders', {
      body: {
        orderNumber: 'N'.repeat(65),
        currencyCode: 'dollars',
        lines: [{
          product: 'customers/not-a-product',
          quantity: '0',
          discountMillionths: 2_000_000,
        }],
      },
    });
    throw new Error('The order with several mistakes was accepted.');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const {message, details = []} = error.status;
    console.log(`  HTTP ${error.httpStatus}: ${message}\n`);
    for (const {fieldViolations = []} of details) {
      for (const {field, description} of fieldViolations) {
        console.log(`  ${field.padEnd(34)} ${description}`);
      }
    }
    const info = details.find(({reason}) => reason);
    if (info) console.log(`\n  reason ${info.reason}, domain ${info.domain}`);
  }
}

async function main() {
  const {values} = parseArgs({
    options: {
      'url': {type: 'string', default: 'http://127.0.0.1:8080'},
      'token-file': {type: 'string'},
    },
  });
  const client =
      new RestClient({url: values.url, tokenFile: values['token-file']});
  const id = `demo-${randomBytes(4).toString('hex')}`;
  const stop = new AbortController();
  const watcher = new Watcher();
  const following = watcher.follow(await client.open(
      '/v1/changes:watch', {customer: `customers/${id}`}, stop.signal));

  headline('A customer orders');
  const calls = await placeOrder(client, id);

  headline('What GET /v1/changes:watch told meanwhile, from the call on');
  await watcher.until(EVENTS_EXPECTED);
  showChanges(watcher, calls);
  stop.abort();
  await following;

  if (watcher.changes.length < EVENTS_EXPECTED) {
    throw new Error(`Only ${watcher.changes.length} of ${EVENTS_EXPECTED} ` +
        'changes were told in time.');
  }

  headline('What the profile tells, from the confirmation on');
  await showCommercial(client, id, calls.at(-1));
  await showScores(client, id, calls.at(-1));

  headline('An order with several mistakes');
  await showRefusal(client);
}

main().catch((error) => {
  console.error(`\nThe demo ended early: ${error.message}`);
  if (error instanceof ApiError) {
    console.error(JSON.stringify(error.status, null, 2));
  }
  process.exit(1);
});
