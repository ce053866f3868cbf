// Services, names and network policies: what is configured can be reached, and
// nothing else.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { flows, networkProblems, reaches } from './network_rules.mjs';
import { base, find, matches, portOf, PROGRAMS, settingsOf, workload, workloads }
  from './suite.mjs';

const policy = (objects, name) => find(objects, 'NetworkPolicy', name);

test('every policy selects something, at both ends', () => {
  assert.deepEqual(networkProblems(base()), []);
});

test('these flows are allowed and no other', () => {
  assert.deepEqual(flows(base()), [
    'analytical -> operational:9101',
    'analytical -> redis-bus:6402',
    'analytical -> redis-cache:6401',
    'collaborative -> operational:9101',
    'collaborative -> redis-bus:6402',
    'collaborative -> redis-cache:6401',
    'gateway -> analytical:9102',
    'gateway -> collaborative:9103',
    'gateway -> operational:9101',
    'gateway -> redis-cache:6401',
    'operational -> redis-bus:6402',
    'operational -> redis-cache:6401',
  ]);
});

const BREAKS = [
  ['nothing denies by default', (objects) => {
    policy(objects, 'default-deny').spec.ingress = [{}];
  }],
  ['selects nothing', (objects) => {
    policy(objects, 'gateway').spec.podSelector.matchLabels = { a: 'b' };
  }],
  ['a peer that nobody is', (objects) => {
    policy(objects, 'redis-bus').spec.ingress[0].from[0].podSelector.matchLabels =
      { 'app.kubernetes.io/name': 'nobody' };
  }],
  ['is allowed at one end only', (objects) => {
    policy(objects, 'redis-bus').spec.ingress[0].ports[0].port = 6379;
  }],
  ['an unknown namespace', (objects) => {
    policy(objects, 'gateway').spec.ingress[0].from[0].namespaceSelector = {};
  }],
  ['a rule for everybody', (objects) => {
    delete policy(objects, 'gateway').spec.ingress[0].from;
  }],
  ['a rule for every port', (objects) => {
    delete policy(objects, 'gateway').spec.ingress[0].ports;
  }],
];

for (const [what, breakIt] of BREAKS) {
  test(`a policy is found when ${what}`, () => {
    const objects = base();
    breakIt(objects);
    assert.ok(networkProblems(objects).some((problem) => problem.includes(what)));
  });
}

test('every service finds pods, by a port that they name', () => {
  const objects = base();
  for (const service of objects.filter((o) => o.kind === 'Service')) {
    const pods = workloads(objects).filter((w) =>
      matches(service.spec.selector, w.spec.template.metadata.labels));
    assert.equal(pods.length, 1, service.metadata.name);
    const served = pods[0].spec.template.spec.containers[0].ports;
    for (const port of service.spec.ports) {
      const target = served.find((p) => p.name === port.targetPort);
      assert.ok(target, `${service.metadata.name}: ${port.targetPort}`);
      assert.equal(target.containerPort, port.port, service.metadata.name);
    }
  }
});

test('every workload has a service with an address and one without', () => {
  const objects = base();
  for (const one of workloads(objects)) {
    const name = one.metadata.name;
    const headless = find(objects, 'Service', `${name}-headless`);
    assert.equal(headless.spec.clusterIP, 'None');
    assert.equal(find(objects, 'Service', name).spec.type, 'ClusterIP');
    if (one.kind === 'StatefulSet') {
      assert.equal(one.spec.serviceName, headless.metadata.name);
    }
  }
});

test('every address that is configured names a service and its port', () => {
  const objects = base();
  const seen = new Set();
  for (const program of PROGRAMS) {
    const [container] = workload(objects, program).spec.template.spec.containers;
    const settings = settingsOf(objects)(container);
    for (const [name, value] of Object.entries(settings)) {
      if (!/_ADDRESS$|^CRM_REDIS_/.test(name)) continue;
      const service = find(objects, 'Service', value.split(':')[0]);
      assert.ok(service.spec.ports.some((p) => p.port === portOf(value)), name);
      seen.add(name);
    }
  }
  assert.equal(seen.size, 5);
});

test('the gateway reaches every backend and the cache, as configured', () => {
  const objects = base();
  const gateway = workload(objects, 'gateway');
  const settings = settingsOf(objects)(gateway.spec.template.spec.containers[0]);
  for (const [name, to] of [
    ['CRM_OPERATIONAL_ADDRESS', 'operational'],
    ['CRM_ANALYTICAL_ADDRESS', 'analytical'],
    ['CRM_COLLABORATIVE_ADDRESS', 'collaborative'],
    ['CRM_REDIS_CACHE', 'redis-cache'],
  ]) {
    assert.ok(
      reaches(objects, gateway, workload(objects, to), portOf(settings[name])), to);
  }
});
