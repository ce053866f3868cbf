// A private PostgreSQL server for the suite: its own folder and socket.

import {execFile, execFileSync} from 'node:child_process';
import {chownSync, mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

import {Process, until} from './process.mjs';

const VERSIONS = '/usr/lib/postgresql';
const START_MS = 60_000;
const STOP_MS = 60_000;
// How `pg_ctl stop -m` ends a server: `fast` breaks off what is under way and
// writes everything down, `immediate` leaves all to the recovery of the next start.
const MODES = {fast: 'SIGINT', immediate: 'SIGQUIT'};

// Whether the tests are to run on PostgreSQL: CRM_TEST_DATABASE=postgres.
export const ON_POSTGRES = process.env.CRM_TEST_DATABASE === 'postgres';

export class Postgres {
  // Starts a server with an empty database for each of `names`.
  static async start(names) {
    const server = new Postgres();
    try {
      await server.prepare(names);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  constructor() {
    this.bin = join(VERSIONS, readdirSync(VERSIONS).sort().at(-1), 'bin');
    this.folder = mkdtempSync(join(tmpdir(), 'crm-postgres-'));
    // The server refuses to be root.
    this.as = [];
    if (process.getuid() === 0) {
      const id = (flag) =>
        Number(execFileSync('id', [flag, 'postgres']).toString());
      chownSync(this.folder, id('-u'), id('-g'));
      this.as = [
        'setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups',
        '--pdeathsig=QUIT',
      ];
    }
  }

  // Returns the words that run one of the server's programs.
  commandOf(program, args) {
    return [...this.as, join(this.bin, program), ...args];
  }

  run(program, args) {
    const [command, ...rest] = this.commandOf(program, args);
    return execFileSync(command, rest, {cwd: '/', stdio: 'pipe'});
  }

  async prepare(names) {
    const data = join(this.folder, 'data');
    this.run('initdb', [
      '--pgdata', data, '--username=crm', '--auth=trust', '--encoding=UTF8',
      '--locale=C', '--no-sync',
    ]);
    this.process = new Process({
      name: 'postgres',
      command: [
        ...this.as, join(this.bin, 'postgres'), '-D', data, '-k', this.folder,
        '-c', 'listen_addresses=', '-c', 'fsync=off',
      ],
      env: {PATH: process.env.PATH},
      log: join(this.folder, 'log'),
    });
    this.client = ['-h', this.folder, '-U', 'crm'];
    await this.resume();
    for (const name of names) this.run('createdb', [...this.client, name]);
  }

  // Starts the server again after its end, and waits until it takes connections.
  async resume() {
    this.process.start();
    const [command, ...rest] = this.commandOf('pg_isready', this.client);
    // Without holding up this process, which may have proxies to run.
    await until('PostgreSQL starts',
        () => promisify(execFile)(command, rest, {cwd: '/'}), START_MS);
  }

  // Ends the server in one of MODES; resume() has it come back.
  end(mode) {
    return this.process.end(MODES[mode], STOP_MS);
  }

  // The URI of a database.
  uri(name) {
    return `postgres://crm@/${name}?host=${this.folder}`;
  }

  async stop() {
    if (this.process?.running) await this.end('fast');
    rmSync(this.folder, {recursive: true, force: true});
  }
}
