// Runs the whole suite for a test: two Redis servers and the four programs, in a
// folder and at ports of their own, and PostgreSQL where CRM_TEST_DATABASE says
// so.
//
//   const suite = await Suite.start();
//   const {body} = await suite.get('/v1/customers', {token: suite.token()});
//   await suite.stop();

import {execFileSync, spawnSync} from 'node:child_process';
import {randomBytes, sign} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

import {ON_POSTGRES, Postgres} from './postgres.mjs';
import {Process, accepts, freePorts, until} from './process.mjs';
import {SteppedClock} from './stepped_clock.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Where the programs lie.
const BIN = process.env.CRM_BIN_DIR ?? join(ROOT, 'build/release/bin');

export const REDIS_SERVERS = ['redis-cache', 'redis-bus'];
export const SERVICES = ['operational', 'analytical', 'collaborative'];
export const PROGRAMS = [...SERVICES, 'gateway'];

const AUDIENCE = 'crm';
const USERS_ISSUER = 'crm-dev';
const SERVICES_ISSUER = 'crm-services';
const READY_MS = 60_000;
const STOP_MS = 10_000;
const TENANT = 'demo';
// A list that each service answers without anything being there.
const LISTS = {
  operational: '/v1/customers',
  analytical: '/v1/rfmSnapshots',
  collaborative: '/v1/conversations',
};

export class Suite {
  // Starts everything but `without`, and waits until it answers. `settings` are
  // added to those of every program. With `tls` the programs show each other
  // certificates. With `shim`, a library, all go by `time`, a SteppedClock, and
  // so do their tokens.
  static async start({without = [], settings = {}, tls = false, shim} = {}) {
    const suite = new Suite(without, settings, tls);
    if (shim) suite.goBy(new SteppedClock(shim, join(suite.folder, 'clock')));
    await suite.prepare();
    try {
      for (const name of suite.processes.keys()) suite.processes.get(name).start();
      await suite.ready();
    } catch (error) {
      await suite.kill();
      throw error;
    }
    return suite;
  }

  constructor(without, settings, tls) {
    this.without = without;
    this.settings = settings;
    this.tls = tls;
    this.folder = mkdtempSync(join(tmpdir(), 'crm-suite-'));
    this.processes = new Map();
    this.tokens = new Map();
  }

  goBy(clock) {
    this.time = clock;
    this.settings = {...this.settings, ...clock.env};
  }

  async prepare() {
    const names = [...REDIS_SERVERS, ...PROGRAMS];
    const ports = await freePorts(2 * names.length);
    this.ports = Object.fromEntries(names.map((name, i) => [name, ports[i]]));
    // Where a program tells its numbers.
    this.adminPorts = Object.fromEntries(
        names.map((name, i) => [name, ports[names.length + i]]));
    this.url = `http://127.0.0.1:${this.ports.gateway}`;
    this.address = `127.0.0.1:${this.ports.gateway}`;
    this.makeKeys();
    if (ON_POSTGRES) this.postgres = await Postgres.start(SERVICES);
    for (const name of names.filter((name) => !this.without.includes(name))) {
      this.processes.set(name, new Process({
        name,
        command: this.commandOf(name),
        env: {PATH: process.env.PATH, HOME: this.folder, ...this.settingsOf(name)},
        log: join(this.folder, `${name}.log`),
      }));
    }
  }

  makeKeys() {
    for (const [name, issuer] of
      [['users', USERS_ISSUER], ['services', SERVICES_ISSUER]]) {
      execFileSync(join(BIN, 'crm-token'), [
        'keygen', '--issuer', issuer, '--private', join(this.folder, `${name}.pem`),
        '--jwks', join(this.folder, 'jwks.json'),
      ]);
    }
    execFileSync(join(BIN, 'crm-token'), [
      'keygen', '--issuer', 'crm-audit', '--private', join(this.folder, 'audit.pem'),
      '--jwks', join(this.folder, 'audit.json'),
    ]);
    writeFileSync(
        join(this.folder, 'secret'), randomBytes(32).toString('base64'),
        {mode: 0o400});
    if (this.tls) this.makeCertificates();
  }

  makeCertificates() {
    const certs = (...args) => execFileSync(join(BIN, 'crm-certs'), args);
    certs('authority', '--out', join(this.folder, 'authority'));
    for (const name of PROGRAMS) {
      certs('issue', '--authority', join(this.folder, 'authority'),
          '--service', name, '--out', join(this.folder, `tls-${name}`));
    }
  }

  commandOf(name) {
    if (!REDIS_SERVERS.includes(name)) return [join(BIN, name)];
    mkdirSync(join(this.folder, name), {recursive: true});
    return [
      'redis-server', '--bind', '127.0.0.1', '--port', String(this.ports[name]),
      '--dir', join(this.folder, name), '--save', '', '--daemonize', 'no',
      ...(name === 'redis-bus' ?
        ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'] :
        ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lfu']),
    ];
  }

  settingsOf(name) {
    const at = (port) => `127.0.0.1:${port}`;
    const common = {
      CRM_REDIS_CACHE: at(this.ports['redis-cache']),
      CRM_TOKEN_JWKS_FILE: join(this.folder, 'jwks.json'),
      CRM_TOKEN_ISSUERS: USERS_ISSUER,
      CRM_TOKEN_AUDIENCE: AUDIENCE,
      CRM_SECRET_FILE: join(this.folder, 'secret'),
      CRM_DRAIN: '3s',
    };
    if (this.tls) common.CRM_TLS_DIR = join(this.folder, `tls-${name}`);
    for (const service of SERVICES) {
      common[`CRM_${service.toUpperCase()}_ADDRESS`] = at(this.ports[service]);
    }
    if (name === 'gateway') {
      return {
        ...common,
        CRM_GATEWAY_LISTEN: at(this.ports.gateway),
        CRM_GATEWAY_ADMIN_LISTEN: at(this.adminPorts.gateway),
        ...this.settings,
      };
    }
    const prefix = `CRM_${name.toUpperCase()}`;
    return {
      ...common,
      CRM_REDIS_BUS: at(this.ports['redis-bus']),
      CRM_SERVICE_KEY_FILE: join(this.folder, 'services.pem'),
      CRM_RATE_LIMITS: '',
      CRM_AUDIT_KEY_FILE: join(this.folder, 'audit.pem'),
      CRM_AUDIT_CHECKPOINTS: join(this.folder, `${name}.checkpoints`),
      [`${prefix}_LISTEN`]: at(this.ports[name]),
      [`${prefix}_METRICS_LISTEN`]: at(this.adminPorts[name]),
      [`${prefix}_DATA_DIR`]: join(this.folder, 'data', name),
      ...(this.postgres && {[`${prefix}_DATABASE`]: this.postgres.uri(name)}),
      ...(this.postgres && name === 'analytical' &&
        {CRM_ANALYTICAL_WAREHOUSE: 'database'}),
      // The tests also run on machines with little room.
      CRM_DISK_MIN_FREE_FRACTION: '0',
      CRM_DISK_MIN_FREE_MIB: '64',
      CRM_DISK_BALLAST_MIB: '1',
      ...this.settings,
    };
  }

  // Waits until every program that should run answers.
  async ready() {
    for (const [name, running] of this.processes) {
      await until(`${name} starts\n${running.lastWords()}`, () => {
        if (running.running) return accepts(this.ports[name]);
        throw new Error(`${name} ended: ${running.lastWords()}`);
      }, READY_MS);
    }
    await until('the gateway is ready', async () => (await fetch(
        `http://127.0.0.1:${this.adminPorts.gateway}/readyz`)).ok, READY_MS);
    for (const service of SERVICES) {
      if (!this.processes.has(service)) continue;
      await until(`${service} answers through the gateway`, async () => {
        const answer = await this.get(LISTS[service]);
        if (answer.status !== 200) throw new Error(answer.text);
        return true;
      }, READY_MS);
    }
  }

  // Returns a token of one hour.
  token({tenant = TENANT, role = 'tenant_admin', subject = 'tester', ttl = '1h',
    key = 'users', issuer = USERS_ISSUER} = {}) {
    const args = [
      'mint', '--key', join(this.folder, `${key}.pem`), '--issuer', issuer,
      '--audience', AUDIENCE, '--tenant', tenant, '--subject', subject,
      '--role', role, '--ttl', ttl,
    ];
    const words = [...args, this.time?.seconds].join(' ');
    if (!this.tokens.has(words)) {
      const env = {...process.env, ...this.time?.env};
      this.tokens.set(words, execFileSync(join(BIN, 'crm-token'), args, {env})
          .toString().trim());
    }
    return this.tokens.get(words);
  }

  // Returns the signature of a token's first two parts, by the key of its issuer.
  sign(text) {
    const key = readFileSync(join(this.folder, 'users.pem'));
    return sign(null, Buffer.from(text), key).toString('base64url');
  }

  // Returns the text of the key set that tokens are verified with.
  publicKeys() {
    return readFileSync(join(this.folder, 'jwks.json'));
  }

  // Returns the token by which the suite's processes call each other.
  systemToken() {
    return this.token({
      tenant: 'system', role: 'system', subject: 'system:test', ttl: '5m',
      key: 'services', issuer: SERVICES_ISSUER,
    });
  }

  // Runs crm-audit. Returns {status, text}, with both outputs.
  audit(...args) {
    const {status, stdout, stderr} = spawnSync(
        join(BIN, 'crm-audit'), args, {cwd: this.folder, encoding: 'utf8'});
    return {status, text: stdout + stderr};
  }

  // Returns a file with a token, as the shipped clients read it.
  tokenFile(options = {}) {
    const file = join(this.folder, `token-${options.tenant ?? TENANT}`);
    writeFileSync(file, this.token(options), {mode: 0o600});
    return file;
  }

  // Makes one REST call. `headers` is an object or, where one repeats, pairs;
  // `body` is sent as JSON unless it is text or bytes. Returns
  // {status, headers, text, body}, body parsed if it is JSON.
  async rest(method, path,
      {token = this.token(), query = {}, body, headers = {}} = {}) {
    const url = new URL(this.url + path);
    for (const [name, value] of Object.entries(query)) {
      for (const one of [value].flat()) url.searchParams.append(name, one);
    }
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const sent = new Headers(headers);
    if (token) sent.set('authorization', `Bearer ${token}`);
    if (body !== undefined && !sent.has('content-type')) {
      sent.set('content-type', 'application/json');
    }
    const response = await fetch(url, {
      method,
      headers: sent,
      body: body === undefined || isRaw ? body : JSON.stringify(body),
    });
    const text = await response.text();
    let parsed;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    return {status: response.status, headers: response.headers, text, body: parsed};
  }

  get(path, options) {
    return this.rest('GET', path, options);
  }

  post(path, options) {
    return this.rest('POST', path, options);
  }

  // Sends `signal` to a process and waits for its end. Returns {code, signal}.
  async kill(name, signal = 'SIGKILL') {
    if (name !== undefined) return this.processes.get(name).end(signal);
    for (const running of this.processes.values()) await running.end('SIGKILL');
    await this.postgres?.stop();
  }

  // Starts a process again after its end. With `empty` it finds no files of its
  // own.
  start(name, {empty = false} = {}) {
    if (empty) {
      const files = join(this.folder, name);
      rmSync(files, {recursive: true, force: true});
      mkdirSync(files, {recursive: true});
    }
    this.processes.get(name).start();
  }

  // Kills a process, which must be running, and starts it again at once. Returns
  // its old and new ids.
  async restart(name, options) {
    const victim = this.processes.get(name);
    const before = victim.pid;
    const {code, signal} = await this.kill(name);
    if (signal !== 'SIGKILL') {
      throw new Error(`${name} had ended with ${code ?? signal} before it was ` +
          `killed\n${victim.lastWords()}`);
    }
    this.start(name, options);
    return {before, after: victim.pid};
  }

  // Returns the process ids of the programs, by name.
  pids() {
    return Object.fromEntries(PROGRAMS
        .filter((name) => this.processes.get(name)?.running)
        .map((name) => [name, this.processes.get(name).pid]));
  }

  // Asks everything that runs to end, deletes the folder, and throws if a
  // process did not end with 0 in time.
  async stop() {
    const failures = [];
    for (const group of [['gateway'], SERVICES, REDIS_SERVERS]) {
      await Promise.all(group.map(async (name) => {
        const running = this.processes.get(name);
        if (!running?.running) return;
        try {
          const {code, signal} = await running.end('SIGTERM', STOP_MS);
          if (code !== 0) {
            failures.push(
                `${name} ended with ${code ?? signal}\n${running.lastWords()}`);
          }
        } catch (error) {
          failures.push(error.message);
        }
      }));
    }
    await this.postgres?.stop();
    if (failures.length > 0) throw new Error(failures.join('\n'));
    if (!process.env.CRM_KEEP_SUITE) {
      rmSync(this.folder, {recursive: true, force: true});
    }
  }
}
