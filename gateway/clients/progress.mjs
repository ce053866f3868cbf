// Shows how far a long piece of work is: a bar on a terminal, a line now and
// then anywhere else.

const BAR_WIDTH = 30;
const LINES_A_PHASE = 5;

export class Progress {
  constructor(stream = process.stdout) {
    this.stream = stream;
    this.label = '';
    this.total = 0;
  }

  // Begins a phase of `total` pieces, `done` of which are there already.
  begin(label, total, done = 0) {
    this.label = label;
    this.total = total;
    this.done = 0;
    this.shown = -1;
    this.advance(done);
  }

  // Counts `count` more pieces as done.
  advance(count = 1) {
    this.done += count;
    const steps = this.stream.isTTY ? 200 : LINES_A_PHASE;
    const step = this.total === 0 ?
        steps : Math.floor((this.done * steps) / this.total);
    if (step === this.shown) return;
    this.shown = step;
    this.stream.write(this.stream.isTTY ? this.bar() : `${this.text()}\n`);
  }

  // Ends the phase.
  end() {
    if (this.stream.isTTY) this.stream.write('\n');
  }

  text() {
    const number = (value) => value.toLocaleString('en-US');
    return `  ${this.label.padEnd(18)} ${number(this.done)} of ` +
        `${number(this.total)}`;
  }

  bar() {
    const share = this.total === 0 ? 1 : this.done / this.total;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '#'.repeat(filled) + '.'.repeat(BAR_WIDTH - filled);
    return `\r  [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %` +
        `${this.text()}\x1b[K`;
  }
}
