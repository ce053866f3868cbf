// Moves the wall clock of the programs that clock_shim.cc is preloaded into.

import {existsSync, openSync, closeSync, writeSync} from 'node:fs';

export class SteppedClock {
  // `shim` is the library to preload, `file` what tells it how far to move.
  constructor(shim, file) {
    this.file = file;
    this.env = {LD_PRELOAD: shim, SHIM_CLOCK_FILE: file};
    this.set(0);
  }

  // Has the clock be so many seconds ahead of that of the machine.
  set(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000_000n);
    // In place: the process has the file mapped.
    const fd = openSync(this.file, existsSync(this.file) ? 'r+' : 'w');
    writeSync(fd, bytes, 0, 8, 0);
    closeSync(fd);
    this.seconds = seconds;
  }

  // The time by this clock.
  now() {
    return new Date(Date.now() + this.seconds * 1000);
  }
}
