// Tables of purchases that the tests import and reckon with.

import {existsSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {join} from 'node:path';

import {moneyOfNanos, nanosOf} from '../../gateway/clients/money.mjs';
import {readRows} from '../../gateway/clients/superstore.mjs';

// Where data lies that is not part of the tree.
const REFERENCE_DATA = process.env.CRM_REFERENCE_DATA ??
    fileURLToPath(new URL('../../../shared/data', import.meta.url));
const CDNOW = join(REFERENCE_DATA, 'cdnow', 'CDNOW_sample.txt');

// Returns the rows of Superstore as purchases, see expected.mjs.
export function superstorePurchases() {
  return readRows().map((row) => ({
    customer: `customers/${row['Customer ID'].toLowerCase()}`,
    order: row['Order ID'],
    time: Date.parse(row['Order Date']),
    nanos: nanosOf(row['Sales']),
  }));
}

export const hasCdnow = () => existsSync(CDNOW);

// Returns the CDNOW purchases: each an order of its own, as the table does not
// say which belong together.
export function cdnowPurchases() {
  return readFileSync(CDNOW, 'utf8').trim().split('\n').map((line, i) => {
    const [, id, date, , dollars] = line.trim().split(/\s+/);
    const day = date.replace(/(....)(..)(..)/, '$1-$2-$3');
    return {
      customer: `customers/cdnow-${id}`,
      order: `orders/cdnow-${i + 1}`,
      time: Date.parse(day),
      nanos: nanosOf(dollars),
    };
  });
}

// Returns CDNOW in the form in which the sample business is imported.
export function cdnowBusiness() {
  const purchases = cdnowPurchases();
  const product = {
    name: 'products/cds', displayName: 'Compact discs', sku: 'CDS',
  };
  const orders = purchases.map(({customer, order, time, nanos}) => ({
    name: order,
    customer,
    currencyCode: 'USD',
    orderTime: new Date(time).toISOString(),
    lines: [{
      product: product.name, quantity: '1', unitPrice: moneyOfNanos(nanos, 'USD'),
    }],
  }));
  const customers = [...new Set(purchases.map(({customer}) => customer))].map(
      (name) => ({name, displayName: name.split('/')[1], kind: 'PERSON'}));
  return {
    customers, products: [product], orders,
    totalNanos: purchases.reduce((sum, {nanos}) => sum + nanos, 0n),
  };
}
