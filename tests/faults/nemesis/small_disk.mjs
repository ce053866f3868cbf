// A small disk for one service: memory that is mounted where only that service
// sees it, and that the test fills and empties.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync, rmSync, writeSync} from 'node:fs';
import {join} from 'node:path';

const MOUNT = 'mount -t tmpfs -o "size=$1" tmpfs "$0" && echo mounted && exec cat';

export class SmallDisk {
  // Mounts `bytes` at `folder`, which exists. Returns null if this machine lets
  // nobody mount a filesystem of their own.
  static async mount(folder, bytes) {
    const isRoot = process.getuid() === 0;
    const holder = spawn('setpriv', [
      '--pdeathsig', 'KILL', 'unshare', '--mount',
      ...(isRoot ? [] : ['--user', '--map-root-user']),
      'sh', '-c', MOUNT, folder, String(bytes),
    ], {stdio: ['pipe', 'pipe', 'ignore']});
    const [first] = await Promise.race([
      once(holder.stdout, 'data'), once(holder, 'exit')]);
    return String(first).startsWith('mounted') ?
      new SmallDisk(holder, folder, isRoot) : null;
  }

  constructor(holder, folder, isRoot) {
    Object.assign(this, {holder, isRoot});
    // The folder as the holder sees it.
    this.filler = join(`/proc/${holder.pid}/root`, folder, 'filler');
  }

  // The words that run a command where the disk is mounted.
  get prefix() {
    return [
      'nsenter', '--mount', '--target', String(this.holder.pid),
      ...(this.isRoot ? [] : ['--user', '--preserve-credentials']),
      '--', 'setpriv', '--pdeathsig', 'KILL',
    ];
  }

  // Takes all that is left of the disk. Returns how many bytes that was.
  fill() {
    const file = openSync(this.filler, 'a');
    let taken = 0;
    try {
      for (let part = 1 << 20; part >= 512;) {
        try {
          taken += writeSync(file, Buffer.alloc(part));
        } catch (error) {
          if (error.code !== 'ENOSPC') throw error;
          part >>= 1;
        }
      }
    } finally {
      closeSync(file);
    }
    return taken;
  }

  // Gives back what fill() took.
  empty() {
    rmSync(this.filler, {force: true});
  }

  // Unmounts it, once nobody uses it.
  async stop() {
    this.holder.stdin.end();
    await once(this.holder, 'exit');
  }
}
