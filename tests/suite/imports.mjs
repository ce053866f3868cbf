// What tests that import a business share: a client that notes what was
// acknowledged, and readers of what came of it.

import {nanosOfMoney} from '../../gateway/clients/money.mjs';
import {RestClient} from '../../gateway/clients/rest.mjs';
import {until} from './process.mjs';

const TOP_MILLIONTHS = 200_000;
const WAREHOUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 150;

// Counts what is acknowledged, in place of the bar that the importer shows.
export class Count {
  constructor() {
    this.done = 0;
  }

  begin() {}

  advance(count = 1) {
    this.done += count;
  }

  end() {}
}

// A client that repeats calls sooner than the one that ships, and keeps every
// write that was acknowledged, and the resources of its answer.
export class NotingClient extends RestClient {
  constructor(suite, tenant) {
    super({
      url: suite.url, tokenFile: suite.tokenFile({tenant}),
      pause: (ms) => new Promise((resolve) => {
        setTimeout(resolve, Math.min(ms, LONGEST_PAUSE_MS));
      }),
    });
    this.acknowledged = [];
    // Each is {path, body, answer}.
    this.writes = [];
    // What each write waits for before it is sent.
    this.permit = () => {};
  }

  async post(path, body) {
    await this.permit();
    const answer = await this.repeat({path, body});
    this.writes.push({path, body, answer});
    if (answer.name) this.acknowledged.push(answer);
    else this.acknowledged.push(...Object.values(answer).flat());
    return answer;
  }

  // Sends a write without noting it. Returns the answer.
  repeat({path, body}) {
    return super.post(path, body);
  }
}

// Returns the resources of a collection, deleted ones too unless `query` is
// another.
export async function all(client, collection, query = {showDeleted: true}) {
  const resources = [];
  for await (const resource of client.list(
      `/v1/${collection}`, collection, query)) {
    resources.push(resource);
  }
  return resources;
}

// Returns what `orders` cost together, in nanos.
export function costOf(orders) {
  return orders.reduce((sum, {total}) => sum + nanosOfMoney(total), 0n);
}

// Waits until the warehouse has `nanos` of revenue. Returns the analysis of the
// top 20 %.
export function analysisWith(client, nanos) {
  return until(`the warehouse has ${nanos} nanos`, async () => {
    const analysis = await client.get('/v1/portfolioAnalyses:analyze',
        {topFractionMillionths: TOP_MILLIONTHS});
    if (nanosOfMoney(analysis.totalRevenue ?? {}) === nanos) return analysis;
    throw new Error(JSON.stringify(analysis.totalRevenue));
  }, WAREHOUSE_MS);
}
