// A suite whose Redis servers stand behind fault proxies and whose operational
// service has a clock that can be moved.

import {execFileSync} from 'node:child_process';
import {closeSync, existsSync, openSync, writeSync} from 'node:fs';
import {join} from 'node:path';

import {freePorts} from '../../suite/process.mjs';
import {REDIS_SERVERS, Suite} from '../../suite/suite.mjs';
import {FaultProxy} from './fault_proxy.mjs';

// Moves the wall clock of a process that clock_shim.cc is preloaded into.
class SteppedClock {
  constructor(file) {
    this.file = file;
    this.set(0);
  }

  set(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000_000n);
    // In place: the process has the file mapped.
    const fd = openSync(this.file, existsSync(this.file) ? 'r+' : 'w');
    writeSync(fd, bytes, 0, 8, 0);
    closeSync(fd);
  }
}

export class NemesisSuite extends Suite {
  static async start({shim}) {
    const suite = new NemesisSuite([], {});
    suite.shim = shim;
    suite.redisPorts = Object.fromEntries(
        (await freePorts(REDIS_SERVERS.length)).map(
            (port, i) => [REDIS_SERVERS[i], port]));
    await suite.prepare();
    suite.clock = new SteppedClock(suite.clockFile);
    suite.proxies = new Map();
    try {
      for (const name of REDIS_SERVERS) {
        suite.proxies.set(name, await FaultProxy.start(
            suite.ports[name], suite.redisPorts[name]));
      }
      for (const running of suite.processes.values()) running.start();
      await suite.ready();
    } catch (error) {
      await suite.kill();
      throw error;
    }
    return suite;
  }

  get clockFile() {
    return join(this.folder, 'clock');
  }

  commandOf(name) {
    const command = super.commandOf(name);
    if (!REDIS_SERVERS.includes(name)) return command;
    command[command.indexOf('--port') + 1] = String(this.redisPorts[name]);
    return command;
  }

  settingsOf(name) {
    const settings = super.settingsOf(name);
    if (name !== 'operational') return settings;
    return {
      ...settings, LD_PRELOAD: this.shim, SHIM_CLOCK_FILE: this.clockFile,
    };
  }

  // Runs one command on a Redis, beside its proxy.
  redis(name, ...words) {
    return execFileSync('redis-cli', [
      '-p', String(this.redisPorts[name]), ...words.map(String),
    ]).toString().trim();
  }

  async stop() {
    try {
      await super.stop();
    } finally {
      for (const proxy of this.proxies.values()) await proxy.stop();
    }
  }
}
