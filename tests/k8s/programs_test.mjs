// The manifests and the image against the programs that were built: settings,
// ports, probes, files, libraries. Skipped where a program is not built.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { base, PROGRAMS, settingsOf, workload, portOf } from './suite.mjs';

const K8S = new URL('../../k8s/', import.meta.url);
const BIN = process.env.CRM_BIN_DIR ?? '';
const KEYS = '/etc/crm/keys';
const TLS = '/etc/crm/tls';

/** Why tests of `program` are skipped, or false. */
function skipUnlessBuilt(program) {
  return existsSync(join(BIN, program)) ? false : `'${program}' is not built`;
}

/** Returns the settings of a program with their defaults, as --help lists them. */
function declaredSettings(program) {
  const help = execFileSync(join(BIN, program), ['--help'], { encoding: 'utf8' });
  const settings = new Map();
  for (const [, name, kind] of help.matchAll(/^ {2}--\S+ {2}\((CRM_\w+), (.*)\)$/gm)) {
    settings.set(name, kind.startsWith('default ') ? kind.slice(8) : '');
  }
  assert.ok(settings.size > 5, help);
  return settings;
}

function podOf(objects, program) {
  return workload(objects, program).spec.template.spec;
}

/** The settings of a program in the cluster. */
function settingsIn(objects, program) {
  return settingsOf(objects)(podOf(objects, program).containers[0]);
}

for (const program of PROGRAMS) {
  const skip = skipUnlessBuilt(program);

  test(`${program}: accepts its configuration and its keys`,
    { skip: skip || skipUnlessBuilt('crm-token') || skipUnlessBuilt('crm-certs') },
    (t) => {
      const objects = base();
      const keys = mkdtempSync(join(tmpdir(), 'crm-k8s-keys-'));
      t.after(() => rmSync(keys, { recursive: true }));
      // As k8s/README.md says how they are made.
      for (const [issuer, file] of [['crm-dev', 'users'], ['crm-services', 'services'],
        ['crm-audit', 'audit']]) {
        execFileSync(join(BIN, 'crm-token'), ['keygen', '--issuer', issuer,
          '--private', join(keys, `${file}.pem`), '--jwks', join(keys, 'jwks.json')]);
      }
      writeFileSync(join(keys, 'secret'), 's'.repeat(44), { mode: 0o440 });
      execFileSync(join(BIN, 'crm-certs'),
        ['authority', '--out', join(keys, 'authority')]);
      execFileSync(join(BIN, 'crm-certs'), ['issue', '--authority',
        join(keys, 'authority'), '--service', program, '--out', join(keys, 'tls')]);
      const environment = { PATH: process.env.PATH };
      for (const [name, value] of Object.entries(settingsIn(objects, program))) {
        environment[name] = value.replace(KEYS, keys).replace(TLS, join(keys, 'tls'));
      }

      const good = spawnSync(join(BIN, program), ['--check-config'],
        { env: environment, encoding: 'utf8' });
      const bad = spawnSync(join(BIN, program), ['--check-config'],
        { env: { ...environment, CRM_LOG_LEVELS: 'info' }, encoding: 'utf8' });

      assert.equal(good.status, 0, good.stderr);
      assert.notEqual(bad.status, 0);
      assert.match(bad.stderr, /CRM_LOG_LEVELS: unknown/);
    });

  test(`${program}: no address or folder is left to its default`, { skip }, () => {
    const given = Object.keys(settingsIn(base(), program));
    for (const name of declaredSettings(program).keys()) {
      if (!/_LISTEN$|_ADDRESS$|_DATA_DIR$|^CRM_REDIS_/.test(name)) continue;
      assert.ok(given.includes(name), name);
    }
  });

  test(`${program}: ports are its own`, { skip }, () => {
    const objects = base();
    const settings = settingsIn(objects, program);
    const ports = [];
    for (const [name, value] of declaredSettings(program)) {
      if (!name.endsWith('_LISTEN')) continue;
      // Without a default the port is the cluster's own.
      if (value) assert.equal(portOf(settings[name]), portOf(value), name);
      assert.match(settings[name], /^0\.0\.0\.0:/);
      ports.push(portOf(settings[name]));
    }
    const [container] = podOf(objects, program).containers;
    assert.deepEqual(
      container.ports.map((p) => p.containerPort).sort(), ports.sort());
  });
}

test('files that settings name are mounted', () => {
  const objects = base();
  for (const program of PROGRAMS) {
    const pod = podOf(objects, program);
    const mounts = pod.containers[0].volumeMounts;
    const keys = pod.volumes.find((v) => v.name === 'keys').secret;
    assert.equal(mounts.find((m) => m.name === 'keys').mountPath, KEYS);
    const files = keys.items.map((item) => join(KEYS, item.path));
    for (const [name, value] of Object.entries(settingsIn(objects, program))) {
      if (name.endsWith('_FILE')) {
        assert.equal(dirname(value), KEYS, name);
        assert.ok(files.includes(value), `${program}: ${value}`);
      }
      if (name === `CRM_${program.toUpperCase()}_DATA_DIR`) {
        const data = mounts.find((m) => value.startsWith(`${m.mountPath}/`));
        const claims = workload(objects, program).spec.volumeClaimTemplates;
        assert.equal(data.name, claims[0].metadata.name);
      }
    }
  }
});

test('every program has a certificate of its own, where the setting says', () => {
  const objects = base();
  for (const program of PROGRAMS) {
    const pod = podOf(objects, program);
    assert.equal(settingsIn(objects, program).CRM_TLS_DIR, TLS);
    const mount = pod.containers[0].volumeMounts.find((m) => m.name === 'tls');
    assert.equal(mount.mountPath, TLS);
    const { secretName, items } = pod.volumes.find((v) => v.name === 'tls').secret;
    assert.equal(secretName, `crm-tls-${program}`);
    assert.deepEqual(
      items.map((item) => item.path).sort(), ['ca.crt', 'tls.crt', 'tls.key']);
  }
});

test('the service key lies only where a service calls another', () => {
  const objects = base();
  const holders = PROGRAMS.filter((program) =>
    podOf(objects, program).volumes.find((v) => v.name === 'keys')
      .secret.items.some((item) => item.key === 'services.pem'));

  assert.deepEqual(holders, ['analytical', 'collaborative']);
});

test('probes ask for what the programs answer', () => {
  const objects = base();
  for (const program of PROGRAMS) {
    const [container] = podOf(objects, program).containers;
    assert.equal(container.startupProbe.grpc.service, 'readiness');
    assert.equal(container.livenessProbe.grpc.service, 'liveness');
    const { grpc, httpGet } = container.readinessProbe;
    if (program === 'gateway') {
      assert.equal(httpGet.path, '/readyz');
    } else {
      assert.equal(grpc.service, 'readiness');
      // The port of gRPC itself wants a certificate.
      const health = portOf(settingsIn(objects, program)[
        `CRM_${program.toUpperCase()}_HEALTH_LISTEN`]);
      for (const kind of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        assert.equal(container[kind].grpc.port, health, kind);
      }
    }
  }
});

const dockerfile = readFileSync(new URL('Dockerfile', K8S), 'utf8');

test('the image holds the programs, runs as their user and shows their ports', () => {
  const objects = base();
  const exposed = /^EXPOSE (.*)$/m.exec(dockerfile)[1].split(' ').map(Number);
  const served = [];
  for (const program of PROGRAMS) {
    const pod = podOf(objects, program);
    assert.deepEqual(pod.containers[0].command, [`/usr/local/bin/${program}`]);
    assert.ok(dockerfile.includes(`build/release/bin/${program} `), program);
    served.push(...pod.containers[0].ports.map((p) => p.containerPort));
    const { runAsUser, runAsGroup } = pod.securityContext;
    assert.ok(dockerfile.includes(`\nUSER ${runAsUser}:${runAsGroup}\n`));
  }
  assert.deepEqual(exposed, served.sort((a, b) => a - b));
});

// What every Debian has, or what comes with a package that is named.
const ALWAYS_THERE = new Set(['libc6', 'libgcc-s1', 'libstdc++6']);

/** Returns the installed Debian packages that hold a shared library. */
function packagesOf(library) {
  const found = spawnSync('dpkg', ['-S', `*/${library}`], { encoding: 'utf8' });
  if (found.status !== 0) return [];
  return found.stdout.trim().split('\n').map((line) => line.split(':')[0]);
}

for (const program of PROGRAMS) {
  const tools = spawnSync('objdump', ['--version']).status === 0 &&
    spawnSync('dpkg', ['--version']).status === 0;
  test(`${program}: the image has every library that it needs`,
    { skip: skipUnlessBuilt(program) || (!tools && 'objdump or dpkg is missing') },
    () => {
      const runtime = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
      const installed = runtime.slice(0, runtime.indexOf('rm -rf')).split(/[\s\\]+/);
      const needed = execFileSync('objdump', ['-p', join(BIN, program)],
        { encoding: 'utf8' }).matchAll(/NEEDED\s+(\S+)/g);
      for (const [, library] of needed) {
        // DuckDB's is copied; those of the sanitizers are not in an image.
        if (/^libduckdb|[at]san\.so/.test(library)) continue;
        const owners = packagesOf(library);
        assert.ok(
          owners.some((o) => ALWAYS_THERE.has(o) || installed.includes(o)),
          `${library} of ${owners}`);
      }
    });
}
