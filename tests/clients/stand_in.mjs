// Stands in for a program of the suite: `node stand_in.mjs NAME --config FILE`
// listens where the settings say, answers as that program would to the launcher,
// and ends when it is asked to. SIGUSR1 and `restore` before the flags are taken
// as a service takes them.

import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer as createHttpServer} from 'node:http';
import {createServer} from 'node:net';

import {FakeApi} from './fake_api.mjs';

const [name, ...words] = process.argv.slice(2);
const file = words[words.indexOf('--config') + 1];
const settings = new Map(
    readFileSync(file, 'utf8').trim().split('\n').map((line) => {
      const [key, ...value] = line.split('=');
      return [key, value.join('=')];
    }));

function addressOf(setting) {
  const [host, port] = settings.get(setting).split(':');
  return {host, port: Number(port)};
}

function serveText(setting, text) {
  createHttpServer((request, response) => response.end(text))
      .listen(addressOf(setting));
}

if (process.env.STAND_IN_FAILS === name) {
  console.error(`${name}: told to fail`);
  process.exit(3);
}
const prefix = `CRM_${name.toUpperCase()}`;
if (words[0] === 'restore') {
  const backup = words[1] === '--config' ? 'the newest' : words[1];
  console.log(`${name}: restored ${backup}`);
  process.exit(backup === 'damaged' ? 1 : 0);
}
let backups = 0;
process.on('SIGUSR1', () => {
  const folder = `${settings.get(`${prefix}_DATA_DIR`)}/backups`;
  mkdirSync(folder, {recursive: true});
  writeFileSync(`${folder}/${name}-${process.pid}-${++backups}.manifest`, '');
});
// SIGKILL is the only thing that ends one that is told to hang.
process.on('SIGTERM', () => {
  if (process.env.STAND_IN_HANGS !== name) process.exit(0);
});

if (name === 'gateway') {
  serveText(`${prefix}_ADMIN_LISTEN`, 'ready');
  const {host, port} = addressOf(`${prefix}_LISTEN`);
  await new FakeApi().start({host, port});
} else {
  createServer((socket) => socket.end()).listen(addressOf(`${prefix}_LISTEN`));
  serveText(
      `${prefix}_METRICS_LISTEN`,
      'crm_events_position{stream="orders"} 12\ncrm_events_lag_seconds 0\n');
}
