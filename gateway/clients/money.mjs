// Exact amounts of money: whole numbers of nanos (10^-9 of a unit) as BigInt.

export const NANOS = 1_000_000_000n;

// Returns the nanos of decimal text: '957.5775' gives 957577500000n. Throws a
// RangeError unless the text is a decimal with at most nine places.
export function nanosOf(text) {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) throw new RangeError(`'${text}' is not an amount`);
  const [, sign, units, places = ''] = match;
  const nanos = BigInt(units) * NANOS + BigInt(places.padEnd(9, '0'));
  return sign ? -nanos : nanos;
}

// Returns decimal text: 957577500000n gives '957.5775'.
export function textOfNanos(nanos) {
  const size = nanos < 0n ? -nanos : nanos;
  const places = String(size % NANOS).padStart(9, '0').replace(/0+$/, '');
  const text = `${size / NANOS}${places ? `.${places}` : ''}`;
  return nanos < 0n ? `-${text}` : text;
}

// Returns google.type.Money in JSON.
export function moneyOfNanos(nanos, currencyCode) {
  return {
    currencyCode,
    units: String(nanos / NANOS),
    nanos: Number(nanos % NANOS),
  };
}

// Returns the nanos of google.type.Money in JSON, where a part that is 0 may be
// left out.
export function nanosOfMoney(money) {
  return BigInt(money.units ?? 0) * NANOS + BigInt(money.nanos ?? 0);
}

// Returns the text of an amount for people: 2297200860300000n gives
// '2,297,200.8603'.
export function grouped(nanos) {
  const [units, places] = textOfNanos(nanos).split('.');
  const text = units.replace(/\B(?=(\d{3})+$)/g, ',');
  return places ? `${text}.${places}` : text;
}
