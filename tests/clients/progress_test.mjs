import assert from 'node:assert/strict';
import test from 'node:test';

import {Progress} from '../../gateway/clients/progress.mjs';

// Returns what a progress of ten pieces writes to a stream of that kind.
function written(isTTY) {
  const texts = [];
  const progress = new Progress({isTTY, write: (text) => texts.push(text)});
  progress.begin('orders', 10);
  for (let i = 0; i < 10; ++i) progress.advance();
  progress.end();
  return texts;
}

test('redraws one line on a terminal', () => {
  const texts = written(true);
  assert.equal(texts.filter((text) => text.includes('\n')).length, 1);
  assert.match(texts.at(-2), /^\r {2}\[#{30}\] 100 %.*10 of 10/);
});

test('writes a few whole lines anywhere else', () => {
  const texts = written(false);
  assert.equal(texts.length, 6);
  assert.match(texts.at(0), /orders +0 of 10\n$/);
  assert.match(texts.at(-1), /orders +10 of 10\n$/);
});

test('says once that nothing is to be done', () => {
  const texts = [];
  const progress =
      new Progress({isTTY: false, write: (text) => texts.push(text)});
  progress.begin('orders', 0);
  progress.end();
  assert.deepEqual(texts.length, 1);
});
