// Chance that repeats: numbers, choices and texts by a seed.

// Returns a function that gives numbers from 0 to below 1, the same for the same
// seed (mulberry32).
function numbersOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Random {
  constructor(seed) {
    this.seed = seed;
    this.next = numbersOf(seed);
  }

  // Returns a whole number from 0 to `bound` - 1.
  below(bound) {
    return Math.floor(this.next() * bound);
  }

  // Returns whether something of this chance happens.
  chance(probability) {
    return this.next() < probability;
  }

  oneOf(items) {
    return items[this.below(items.length)];
  }

  // Returns the items in another order.
  shuffled(items) {
    const rest = [...items];
    const out = [];
    while (rest.length > 0) out.push(...rest.splice(this.below(rest.length), 1));
    return out;
  }

  // Returns a request id: a UUID of version 4.
  uuid() {
    const hex = Array.from({length: 32}, () => this.below(16).toString(16));
    hex[12] = '4';
    hex[16] = '8';
    const text = hex.join('');
    return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16),
      text.slice(16, 20), text.slice(20)].join('-');
  }

  // Returns chance of its own for a part of the run, so that parts that run side
  // by side do not take each other's numbers.
  fork() {
    return new Random(this.below(2 ** 31));
  }
}
