import assert from 'node:assert/strict';
import test from 'node:test';

import {grouped, moneyOfNanos, nanosOf, nanosOfMoney, textOfNanos} from
    '../../gateway/clients/money.mjs';

test('reads decimal text exactly', () => {
  for (const [text, nanos] of [
    ['0', 0n],
    ['957.5775', 957_577_500_000n],
    ['0.000000001', 1n],
    ['-1.5', -1_500_000_000n],
    ['9007199254740993', 9_007_199_254_740_993_000_000_000n],
  ]) {
    assert.equal(nanosOf(text), nanos, text);
  }
});

test('refuses what is no decimal of nine places', () => {
  for (const text of ['', '1.', '.5', '1e3', '1,000', '0.0000000001', ' 1']) {
    assert.throws(() => nanosOf(text), RangeError, text);
  }
});

test('writes decimal text without zeros at the end', () => {
  for (const text of ['0', '0.1', '12', '12.000000001', '-3.25']) {
    assert.equal(textOfNanos(nanosOf(text)), text);
  }
});

test('makes and reads Money', () => {
  const money = moneyOfNanos(130_980_000_000n, 'USD');

  assert.deepEqual(
      money, {currencyCode: 'USD', units: '130', nanos: 980_000_000});
  assert.equal(nanosOfMoney(money), 130_980_000_000n);
});

test('reads Money that leaves a zero out', () => {
  assert.equal(nanosOfMoney({currencyCode: 'USD', nanos: 5}), 5n);
  assert.equal(nanosOfMoney({currencyCode: 'USD', units: '2'}), 2_000_000_000n);
});

test('groups thousands', () => {
  assert.equal(grouped(nanosOf('2297200.8603')), '2,297,200.8603');
  assert.equal(grouped(nanosOf('999')), '999');
});
