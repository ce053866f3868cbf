// A suite whose Redis servers stand behind fault proxies, whose operational
// service has a clock that can be moved, and whose collaborative service has a
// small disk.

import {execFileSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';

import {ON_POSTGRES} from '../../suite/postgres.mjs';
import {freePorts} from '../../suite/process.mjs';
import {SteppedClock} from '../../suite/stepped_clock.mjs';
import {REDIS_SERVERS, Suite} from '../../suite/suite.mjs';
import {FaultProxy} from './fault_proxy.mjs';
import {SmallDisk} from './small_disk.mjs';

const DISK_BYTES = 256 << 20;

export class NemesisSuite extends Suite {
  static async start({shim}) {
    const suite = new NemesisSuite([], {});
    suite.clock = new SteppedClock(shim, join(suite.folder, 'clock'));
    suite.redisPorts = Object.fromEntries(
        (await freePorts(REDIS_SERVERS.length)).map(
            (port, i) => [REDIS_SERVERS[i], port]));
    await suite.prepare();
    await suite.mountDisk();
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

  // Puts the collaborative service on a disk of its own. `disk` is null where
  // this machine has none to give.
  async mountDisk() {
    const folder = join(this.folder, 'data', 'collaborative');
    mkdirSync(folder, {recursive: true});
    this.disk = ON_POSTGRES ? null : await SmallDisk.mount(folder, DISK_BYTES);
    const running = this.processes.get('collaborative');
    if (this.disk) running.command.unshift(...this.disk.prefix);
  }

  // Returns the sum of a metric of a program over its labels, or over those with
  // `label`, as `producer="operational"`.
  async metric(program, name, label = '') {
    const answer =
        await fetch(`http://127.0.0.1:${this.adminPorts[program]}/metrics`);
    return (await answer.text()).split('\n')
        .filter((line) => line.startsWith(`${name}{`) && line.includes(label))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
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
    return {...settings, ...this.clock.env};
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
      await this.disk?.stop();
    }
  }
}
