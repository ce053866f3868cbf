// Imports the sample business through the public API.
//
//   node sample.mjs --url http://127.0.0.1:8080 --token-file FILE
//
// It may be ended at any point and run again: what is there already is left
// alone, and every request has an id that is the same in each run, so one whose
// answer was lost is answered again and not done again. At the end it adds up
// what the confirmed orders cost and fails unless that is the total of the table.

import {realpathSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

import {grouped, nanosOfMoney} from './money.mjs';
import {Progress} from './progress.mjs';
import {ApiError, RestClient, forEachOf, requestIdOf} from './rest.mjs';
import {businessOf, readRows} from './superstore.mjs';

const BATCH_SIZE = 200;
const BATCHES_IN_FLIGHT = 4;
const VERBS_IN_FLIGHT = 16;

// The verbs that bring an order from a state to CONFIRMED.
const VERBS_FROM = {DRAFT: ['submit', 'confirm'], SUBMITTED: ['confirm']};

const idOf = (resource) => resource.name.split('/')[1];

// Splits `items` into batches. The batches of the same items are the same.
export function batchesOf(items, size = BATCH_SIZE) {
  const batches = [];
  for (let i = 0; i < items.length; i += size) {
    batches.push(items.slice(i, i + size));
  }
  return batches;
}

// Returns the body that creates `resources`: `singular` is their field and the
// first part of the id's.
export function batchCreateBody(resources, singular) {
  return {
    requestId: requestIdOf('create', ...resources.map(({name}) => name)),
    requests: resources.map(({name, ...resource}) => ({
      [singular]: resource,
      [`${singular}Id`]: name.split('/')[1],
    })),
  };
}

// Creates those of `wanted` that are not there yet. Returns the resources of the
// collection that were there before, by name.
async function createMissing(client, progress, collection, singular, wanted) {
  const present = new Map();
  for await (const resource of client.list(
      `/v1/${collection}`, collection, {showDeleted: true})) {
    present.set(resource.name, resource);
  }
  const missing = (batch) => batch.filter(({name}) => !present.has(name));
  const batches = batchesOf(wanted).map(missing).filter(({length}) => length);
  const count = batches.reduce((sum, {length}) => sum + length, 0);
  progress.begin(collection, wanted.length, wanted.length - count);
  await forEachOf(batches, BATCHES_IN_FLIGHT, async (batch) => {
    await client.post(
        `/v1/${collection}:batchCreate`, batchCreateBody(batch, singular));
    progress.advance(batch.length);
  });
  progress.end();
  return present;
}

// Submits and confirms those of `orders` that are not confirmed. `present` tells
// the state of those that were there before.
async function confirmAll(client, progress, orders, present) {
  const verbsOf = ({name}) =>
      VERBS_FROM[present.get(name)?.state ?? 'DRAFT'] ?? [];
  const open = orders.filter((order) => verbsOf(order).length > 0);
  progress.begin('orders confirmed', orders.length, orders.length - open.length);
  await forEachOf(open, VERBS_IN_FLIGHT, async (order) => {
    for (const verb of verbsOf(order)) {
      await client.post(
          `/v1/orders/${idOf(order)}:${verb}`,
          {requestId: requestIdOf(verb, order.name)});
    }
    progress.advance();
  });
  progress.end();
}

// Returns how many of `orders` are confirmed, and the nanos they cost together
// by the server's reckoning.
async function confirmedTotal(client, orders) {
  const ours = new Set(orders.map(({name}) => name));
  let count = 0;
  let nanos = 0n;
  for await (const order of client.list(
      '/v1/orders', 'orders', {filter: 'state=CONFIRMED'})) {
    if (!ours.has(order.name)) continue;
    count += 1;
    nanos += nanosOfMoney(order.total);
  }
  return {count, nanos};
}

// Imports the business through `client`. Throws if a call is refused, or if what
// is there afterwards is not what the table says.
export async function importSample(client, progress, business) {
  const {customers, products, orders, totalNanos} = business;
  await createMissing(client, progress, 'customers', 'customer', customers);
  await createMissing(client, progress, 'products', 'product', products);
  const present =
      await createMissing(client, progress, 'orders', 'order', orders);
  await confirmAll(client, progress, orders, present);
  const confirmed = await confirmedTotal(client, orders);
  if (confirmed.count !== orders.length || confirmed.nanos !== totalNanos) {
    throw new Error(
        `${confirmed.count} of ${orders.length} orders are confirmed and cost ` +
        `${grouped(confirmed.nanos)} USD instead of ${grouped(totalNanos)} USD. ` +
        `Records of the sample were changed since; './crm reset' starts over.`);
  }
  return confirmed;
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
  const business = businessOf(readRows());
  const began = Date.now();
  const {nanos} = await importSample(client, new Progress(), business);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const again = client.retries ? `, ${client.retries} calls repeated` : '';
  const {customers, products, orders} = business;
  console.log(
      `The sample business is there: ${customers.length} customers, ` +
      `${products.length} products, ${orders.length} orders, ` +
      `${grouped(nanos)} USD (${seconds} s${again}).`);
}

if (fileURLToPath(import.meta.url) === realpathSync(process.argv[1])) {
  process.on('SIGINT', () => {
    console.error("\nStopped. './crm sample' goes on from here.");
    process.exit(130);
  });
  main().catch((error) => {
    console.error(`\nThe sample could not be imported: ${error.message}`);
    if (error instanceof ApiError) {
      console.error(JSON.stringify(error.status, null, 2));
    } else if (error.cause) {
      console.error(`Cause: ${error.cause.message ?? error.cause}`);
    }
    process.exit(1);
  });
}
