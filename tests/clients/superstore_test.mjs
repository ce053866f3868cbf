import assert from 'node:assert/strict';
import test from 'node:test';

import {nanosOf, nanosOfMoney} from '../../gateway/clients/money.mjs';
import {businessOf, readRows, unitPriceNanos} from
    '../../gateway/clients/superstore.mjs';

const rows = readRows();
const business = businessOf(rows);

// Returns how many of `keys` come more than once.
function repeated(keys) {
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.values()].filter((count) => count > 1).length;
}

test('the table has the size that is known of it', () => {
  assert.equal(rows.length, 9994);
  assert.equal(business.customers.length, 793);
  assert.equal(business.products.length, 1862);
  assert.equal(business.orders.length, 5009);
});

test('all orders cost 2,297,200.8603 USD', () => {
  assert.equal(business.totalNanos, nanosOf('2297200.8603'));
});

test('every unit price is whole cents and gives the sales back', () => {
  let total = 0n;
  for (const {lines} of business.orders) {
    for (const line of lines) {
      const price = nanosOfMoney(line.unitPrice);
      const millionths = BigInt(1_000_000 - line.discountMillionths);
      const product = price * BigInt(line.quantity) * millionths;
      assert.equal(price % 10_000_000n, 0n, line.lineId);
      assert.equal(product % 1_000_000n, 0n, line.lineId);
      total += product / 1_000_000n;
    }
  }
  assert.equal(total, business.totalNanos);
});

test('a price that is not whole cents is refused', () => {
  const row = {'Row ID': '1', 'Sales': '10', 'Quantity': '3', 'Discount': '0'};
  assert.throws(() => unitPriceNanos(row), /row 1 is not whole cents/);
});

test('a line that was given away has no price', () => {
  const row = {'Row ID': '1', 'Sales': '0', 'Quantity': '3', 'Discount': '1'};
  assert.throws(() => unitPriceNanos(row), RangeError);
});

test('of the two names of 32 products the first wins', () => {
  const names = new Map();
  for (const row of rows) {
    const known = names.get(row['Product ID']) ?? [];
    if (!known.includes(row['Product Name'])) known.push(row['Product Name']);
    names.set(row['Product ID'], known);
  }
  assert.equal([...names.values()].filter(({length}) => length === 2).length, 32);
  for (const product of business.products) {
    assert.equal(product.displayName, names.get(product.sku)[0]);
  }
});

test('a line keeps the name it was sold under', () => {
  const named = new Map(rows.map((row) => [row['Row ID'], row['Product Name']]));
  for (const {lines} of business.orders) {
    for (const line of lines) {
      assert.equal(line.productName, named.get(line.lineId));
    }
  }
});

test('eight orders hold a product twice, under two lines', () => {
  const pairs = rows.map((row) => `${row['Order ID']} ${row['Product ID']}`);
  const lines = business.orders.flatMap(
      ({name, lines}) => lines.map(({lineId}) => `${name} ${lineId}`));

  assert.equal(repeated(pairs), 8);
  assert.equal(repeated(lines), 0);
  assert.equal(lines.length, 9994);
});

test('an order becomes a resource of the API', () => {
  const order = business.orders.find(({name}) => name === 'orders/us-2015-108966');

  assert.deepEqual(order, {
    name: 'orders/us-2015-108966',
    orderNumber: 'US-2015-108966',
    customer: 'customers/so-20335',
    currencyCode: 'USD',
    orderTime: '2015-10-11T00:00:00Z',
    shippingAddress: {
      regionCode: 'US',
      administrativeArea: 'Florida',
      locality: 'Fort Lauderdale',
      postalCode: '33311',
    },
    source: {
      system: 'superstore',
      externalId: 'US-2015-108966',
      actorKind: 'IMPORT',
    },
    lines: [
      {
        lineId: '4',
        product: 'products/fur-ta-10000577',
        productName: 'Bretford CR4500 Series Slim Rectangular Table',
        quantity: '5',
        unitPrice: {currencyCode: 'USD', units: '348', nanos: 210_000_000},
        discountMillionths: 450_000,
      },
      {
        lineId: '5',
        product: 'products/off-st-10000760',
        productName: "Eldon Fold 'N Roll Cart System",
        quantity: '2',
        unitPrice: {currencyCode: 'USD', units: '13', nanos: 980_000_000},
        discountMillionths: 200_000,
      },
    ],
  });
});

test('postal codes have their leading zeros', () => {
  const codes = business.orders.map(
      ({shippingAddress}) => shippingAddress.postalCode);
  assert.ok(codes.every((code) => /^\d{5}$/.test(code)));
  assert.ok(codes.some((code) => code.startsWith('0')));
});
