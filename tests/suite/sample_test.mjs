// Real purchases go in through the public API, and what the suite makes of them
// equals what the tables say.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {after, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';

import {nanosOfMoney} from '../../gateway/clients/money.mjs';
import {importSample} from '../../gateway/clients/sample.mjs';
import {concentrationOf, rfmOf} from './expected.mjs';
import {Count, NotingClient, all, analysisWith, costOf} from './imports.mjs';
import {
  cdnowBusiness, cdnowPurchases, hasCdnow, superstorePurchases,
} from './purchases.mjs';
import {Suite} from './suite.mjs';

const IMPORTER =
    fileURLToPath(new URL('../../gateway/clients/sample.mjs', import.meta.url));
const TOP = 0.2;

let suite;

before(async () => {
  suite = await Suite.start();
});
after(() => suite?.stop());

// Runs the importer that ships. Kills it once it has said `last`, if that is
// given. Returns {code, said}.
function runImporter(last) {
  return new Promise((resolve) => {
    const importer = spawn(process.execPath, [
      IMPORTER, '--url', suite.url, '--token-file', suite.tokenFile(),
    ]);
    let said = '';
    const hear = (chunk) => {
      said += chunk;
      if (last && said.includes(last)) importer.kill('SIGKILL');
    };
    importer.stdout.on('data', hear);
    importer.stderr.on('data', hear);
    importer.once('close', (code) => resolve({code, said}));
  });
}

function checkAnalysis(analysis, purchases) {
  const expected = concentrationOf(purchases, TOP);
  assert.equal(Number(analysis.customerCount), expected.customers);
  assert.equal(Number(analysis.topCustomerCount), expected.top);
  assert.equal(nanosOfMoney(analysis.totalRevenue), expected.totalNanos);
  assert.equal(nanosOfMoney(analysis.topRevenue), expected.topNanos);
  assert.equal(Number(analysis.customersFor80Percent), expected.most);
  assert.ok(Math.abs(analysis.gini - expected.gini) < 1e-9,
      `${analysis.gini} is not ${expected.gini}`);
  const share = Number(expected.topNanos) / Number(expected.totalNanos);
  assert.ok(Math.abs(analysis.topShare - share) < 1e-12);
}

// Checks the scores of every customer against those of the table.
async function checkScores(client, purchases) {
  const snapshot = await client.post('/v1/rfmSnapshots', {});
  const scores = [];
  for await (const score of client.list(
      `/v1/${snapshot.name}:listScores`, 'scores')) {
    scores.push(score);
  }
  const expected = rfmOf(purchases);
  assert.equal(scores.length, expected.size);
  for (const score of scores) {
    const {customer, recencyDays, frequency, nanos, cell} =
        expected.get(score.customer);
    assert.deepEqual(
        [Number(score.recencyDays ?? 0), Number(score.frequency),
          nanosOfMoney(score.monetary), score.rfmCell],
        [recencyDays, frequency, nanos, cell], customer);
  }
}

test('the importer resumes after it was killed, and imports all', async () => {
  const killed = await runImporter('orders confirmed');
  const {code, said} = await runImporter();

  assert.equal(killed.code, null, killed.said);
  assert.equal(code, 0, said);
  assert.match(said, /793 customers, 1862 products, 5009 orders, 2,297,200\.8603 USD/);
});

test('OP_04 everything is there once, and costs what the table says', async () => {
  const client = new NotingClient(suite, 'demo');

  const [customers, products, orders] = await Promise.all(
      ['customers', 'products', 'orders'].map((name) => all(client, name)));

  assert.equal(customers.length, 793);
  assert.equal(products.length, 1862);
  assert.equal(orders.length, 5009);
  assert.equal(new Set(orders.map(({name}) => name)).size, 5009);
  assert.ok(orders.every(({state}) => state === 'CONFIRMED'));
  const lines = orders.flatMap((order) => order.lines);
  assert.equal(lines.length, 9994);
  assert.equal(
      costOf(lines.map(({amount}) => ({total: amount}))),
      2_297_200_860_300_000n);
  assert.equal(costOf(orders), 2_297_200_860_300_000n);
});

test('the importer run again writes nothing', async () => {
  const newest = async () => (await suite.get('/v1/auditEntries', {
    query: {pageSize: 1, filter: 'outcome = DONE'},
  })).body.auditEntries[0].name;
  const before = await newest();

  const {code, said} = await runImporter();

  assert.equal(code, 0, said);
  assert.equal(await newest(), before);
});

test('AN_03 AN_18 159 of 793 customers bring 48.148 % of the revenue', async () => {
  const analysis =
      await analysisWith(new NotingClient(suite, 'demo'), 2_297_200_860_300_000n);

  assert.equal(Number(analysis.customerCount), 793);
  assert.equal(Number(analysis.topCustomerCount), 159);
  assert.equal((100 * analysis.topShare).toFixed(3), '48.148');
  checkAnalysis(analysis, superstorePurchases());
});

test('AN_03 AN_23 the RFM cell of every customer is that of the table', async () => {
  await checkScores(new NotingClient(suite, 'demo'), superstorePurchases());
});

test('E01 the profile of a customer of the sample is that of the table', async () => {
  const expected = rfmOf(superstorePurchases()).get('customers/cg-12520');

  const {body} = await suite.get('/v1/customers/cg-12520/profile');

  const slice = (wanted) => body.slices.find(({kind}) => kind === wanted);
  const {scores} = slice('SCORES');
  assert.equal(slice('IDENTITY').identity.displayName, 'Claire Gute');
  assert.equal(Number(scores.recencyDays), expected.recencyDays);
  assert.equal(Number(scores.frequency), expected.frequency);
  assert.equal(nanosOfMoney(scores.monetary), expected.nanos);
  assert.equal(scores.rfmCell, expected.cell);
  const {commercial} = slice('COMMERCIAL');
  assert.equal(Number(commercial.confirmedOrderCount), expected.frequency);
  assert.equal(nanosOfMoney(commercial.lifetimeRevenue[0]), expected.nanos);
});

test('AN_03 AN_18 CDNOW goes the same way, in a tenant of its own', async (t) => {
  if (!hasCdnow()) {
    t.skip('skipped: no reference data');
    return;
  }
  const client = new NotingClient(suite, 'cdnow');
  const purchases = cdnowPurchases();

  const {count, nanos} = await importSample(client, new Count(), cdnowBusiness());

  assert.equal((await all(client, 'customers')).length, 2357);
  assert.equal(count, 6919);
  assert.equal(nanos, 244_091_940_000_000n);
  checkAnalysis(await analysisWith(client, nanos), purchases);
  await checkScores(client, purchases);
});
