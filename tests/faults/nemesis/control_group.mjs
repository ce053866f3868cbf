// A control group of its own for processes under test, where the machine lets
// one be made: of version 1, where each controller has folders of its own, or 2.

import {existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

export class ControlGroup {
  // Returns a new group under `controller`, `memory` or `cpu`, or null if none
  // can be made here.
  static make(controller, name) {
    const limit = {
      memory: ['memory.limit_in_bytes', 'memory.max'],
      cpu: ['cpu.cfs_quota_us', 'cpu.max'],
    }[controller];
    const folders = [join(ROOT, controller, name), join(ROOT, name)];
    for (const [version, folder] of folders.entries()) {
      try {
        mkdirSync(folder);
      } catch {
        continue;
      }
      if (existsSync(join(folder, limit[version]))) {
        return new ControlGroup(folder, version === 1);
      }
      rmdirSync(folder);
    }
    return null;
  }

  constructor(folder, isVersion2) {
    Object.assign(this, {folder, isVersion2});
  }

  write(file, value) {
    writeFileSync(join(this.folder, file), String(value));
  }

  limitMemory(bytes) {
    this.write(this.isVersion2 ? 'memory.max' : 'memory.limit_in_bytes', bytes);
  }

  // Allows `share` of one core.
  limitCpu(share) {
    const quota = Math.round(PERIOD_US * share);
    if (this.isVersion2) {
      this.write('cpu.max', `${quota} ${PERIOD_US}`);
    } else {
      this.write('cpu.cfs_period_us', PERIOD_US);
      this.write('cpu.cfs_quota_us', quota);
    }
  }

  // Returns for how often the group has been held back for its share so far.
  get throttled() {
    const text = readFileSync(join(this.folder, 'cpu.stat'), 'utf8');
    return Number(text.match(/^nr_throttled (\d+)/m)?.[1] ?? 0);
  }

  // Moves a process and its threads into the group.
  add(pid) {
    this.write('cgroup.procs', pid);
  }

  // The words that run a command in the group.
  get prefix() {
    return [
      'sh', '-c', 'echo $$ > "$0" && exec "$@"', join(this.folder, 'cgroup.procs'),
    ];
  }

  // Moves what is left back to the root, and removes the group.
  remove() {
    const parent = join(this.folder, '..', 'cgroup.procs');
    for (const pid of readFileSync(join(this.folder, 'cgroup.procs'), 'utf8')
        .split('\n').filter((line) => line !== '')) {
      writeFileSync(parent, pid);
    }
    rmdirSync(this.folder);
  }
}
