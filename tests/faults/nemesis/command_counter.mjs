// Counts the commands in what a client of Redis sends, however it is cut.

const LINE_END = '\r\n';

export class CommandCounter {
  constructor() {
    this.rest = Buffer.alloc(0);
  }

  // Returns how many commands end in `chunk`.
  count(chunk) {
    this.rest = Buffer.concat([this.rest, chunk]);
    let commands = 0;
    for (let end; (end = this.endOfFirst()) > 0; commands += 1) {
      this.rest = this.rest.subarray(end);
    }
    return commands;
  }

  // Returns the number of the line at `start`, after its first character, and
  // where the next line starts; null if the line is not whole yet.
  lineAt(start) {
    const end = this.rest.indexOf(LINE_END, start);
    if (end < 0) return null;
    return {
      number: Number(this.rest.toString('latin1', start + 1, end)),
      next: end + LINE_END.length,
    };
  }

  // Returns where the first command ends, or 0 if it is not whole yet.
  endOfFirst() {
    const head = this.lineAt(0);
    if (head === null) return 0;
    let {next} = head;
    for (let i = 0; i < head.number; ++i) {
      const size = this.lineAt(next);
      if (size === null) return 0;
      next = size.next + size.number + LINE_END.length;
      if (next > this.rest.length) return 0;
    }
    return next;
  }
}
