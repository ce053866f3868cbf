// What the suite must find out of purchases, computed anew and by other means:
// plain sums and ranks over the rows of a table.

const DAY_MS = 86_400_000;
const NANOS = 10n ** 9n;

// One entry of a list of purchases: {customer, order, time, nanos}, `time` in
// milliseconds. Several may be of one order.

// Returns per customer {customer, orders, nanos, last}, by name.
export function totalsOf(purchases) {
  const totals = new Map();
  for (const {customer, order, time, nanos} of purchases) {
    const total = totals.get(customer) ??
        {customer, orders: new Set(), nanos: 0n, last: 0};
    total.orders.add(order);
    total.nanos += nanos;
    total.last = Math.max(total.last, time);
    totals.set(customer, total);
  }
  return [...totals.values()].sort((a, b) => (a.customer < b.customer ? -1 : 1));
}

export const sumOf = (amounts) => amounts.reduce((sum, nanos) => sum + nanos, 0n);

// Returns {customers, top, topNanos, totalNanos, gini}: what the first
// ceil(part x customers) customers bring.
export function concentrationOf(purchases, part) {
  const amounts = totalsOf(purchases).map(({nanos}) => nanos)
      .sort((a, b) => (a > b ? -1 : 1));
  const top = Math.ceil(part * amounts.length);
  const totalNanos = sumOf(amounts);
  // Twice the area between the Lorenz curve and the line of equality.
  const n = amounts.length;
  const weighted = amounts.reduce(
      (sum, nanos, i) => sum + BigInt(n - 1 - 2 * i) * nanos, 0n);
  return {
    customers: n, top, totalNanos, topNanos: sumOf(amounts.slice(0, top)),
    gini: Number(weighted) / (n * Number(totalNanos)),
    // The least number of customers who bring 80 % together.
    most: amounts.findIndex((unused, i) =>
      5n * sumOf(amounts.slice(0, i + 1)) >= 4n * totalNanos) + 1,
  };
}

// Returns five times the quantile k/5 of `sorted`, which makes it whole: between
// two neighbours it is interpolated.
function fiveQuantiles(sorted, k) {
  const at = (sorted.length - 1) * k;
  const low = sorted[Math.floor(at / 5)];
  const high = sorted[Math.min(Math.floor(at / 5) + 1, sorted.length - 1)];
  return 5n * low + BigInt(at % 5) * (high - low);
}

// Returns how many of the four inner quintiles `value` exceeds by at least `one`.
function fifthOf(value, sorted, one) {
  return [1, 2, 3, 4].filter(
      (k) => 5n * (value - one) >= fiveQuantiles(sorted, k)).length;
}

// Returns the scores of all customers by name: {recencyDays, frequency, nanos,
// cell}, as of the newest purchase.
export function rfmOf(purchases) {
  const totals = totalsOf(purchases);
  const newest = Math.max(...totals.map(({last}) => last));
  const measured = totals.map(({customer, orders, nanos, last}) => ({
    customer, nanos, frequency: orders.size,
    recencyDays: Math.floor((newest - last) / DAY_MS),
  }));
  const sorted = (measure) => measured.map((one) => BigInt(measure(one)))
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const days = sorted(({recencyDays}) => recencyDays);
  const counts = sorted(({frequency}) => frequency);
  const amounts = sorted(({nanos}) => nanos);
  return new Map(measured.map((one) => [one.customer, {
    ...one,
    cell: [
      5 - fifthOf(BigInt(one.recencyDays), days, 1n),
      1 + fifthOf(BigInt(one.frequency), counts, 1n),
      1 + fifthOf(one.nanos, amounts, NANOS),
    ].join(''),
  }]));
}
