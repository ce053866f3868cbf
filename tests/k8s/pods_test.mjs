// What every pod keeps: on the base, and each rule on a pod that breaks it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { POD_RULES, podProblems } from './pod_rules.mjs';
import { base, find, settingsOf, workload, workloads } from './suite.mjs';

const problems = (objects) => podProblems(objects, settingsOf(objects));

test('every pod of the base keeps every rule', () => {
  const objects = base();

  assert.equal(workloads(objects).length, 6);
  assert.deepEqual(problems(objects), []);
});

/** A way to break each rule: pod, container, workload and all objects. */
const BREAKS = {
  'runs as a fixed user that is not root': ({ pod }) => {
    pod.securityContext.runAsUser = 0;
  },
  'has the default seccomp profile': ({ pod }) => {
    delete pod.securityContext.seccompProfile;
  },
  'can write only to its volumes': ({ container }) => {
    container.securityContext.readOnlyRootFilesystem = false;
  },
  'gains no privileges': ({ container }) => {
    container.securityContext.capabilities.drop = ['NET_RAW'];
  },
  'shares nothing of the node': ({ pod }) => {
    pod.hostNetwork = true;
  },
  'has no token of the cluster and no links in its environment': ({ pod }) => {
    delete pod.enableServiceLinks;
  },
  'has a service account of its own': ({ pod }) => {
    pod.serviceAccountName = 'default';
  },
  'asks for what it may use': ({ container }) => {
    container.resources.limits.memory = '3Gi';
  },
  'is probed at start, for life and for readiness, by numbers': ({ container }) => {
    container.readinessProbe.grpc.port = 'grpc';
  },
  'has a bounded start of at least two minutes': ({ container }) => {
    container.startupProbe.failureThreshold = 3;
  },
  'has time to stop': ({ container }) => {
    container.env = [{ name: 'CRM_DRAIN', value: '50s' }];
  },
  'runs a pinned image': ({ container }) => {
    container.image = 'rapport:latest';
  },
  'bounds its scratch volumes': ({ pod }) => {
    delete pod.volumes.find((v) => v.emptyDir).emptyDir.sizeLimit;
  },
  'reads secrets as files that only its group sees': ({ container }) => {
    container.envFrom.push({ secretRef: { name: 'crm-keys' } });
  },
  'is named, and its selector finds it': ({ object }) => {
    object.spec.selector.matchLabels['app.kubernetes.io/name'] = 'another';
  },
  'keeps one writer a volume': ({ object }) => {
    object.spec.replicas = 2;
  },
  'rolls out without a gap and keeps few revisions': ({ object }) => {
    delete object.spec.revisionHistoryLimit;
  },
};

test('every rule has a pod that breaks it', () => {
  assert.deepEqual(Object.keys(BREAKS).sort(), Object.keys(POD_RULES).sort());
});

for (const [rule, breakIt] of Object.entries(BREAKS)) {
  test(`a pod is found that breaks: ${rule}`, () => {
    const objects = base();
    const object = workload(objects, 'operational');
    const pod = object.spec.template.spec;

    breakIt({ object, pod, container: pod.containers[0] });

    const found = problems(objects);
    assert.ok(found.length > 0);
    for (const problem of found) assert.match(problem, new RegExp(`: ${rule}: `));
  });
}

test('the namespace admits only restricted pods', () => {
  const { labels } = find(base(), 'Namespace', 'rapport').metadata;
  for (const mode of ['enforce', 'audit', 'warn']) {
    assert.equal(labels[`pod-security.kubernetes.io/${mode}`], 'restricted');
  }
});

test('only more than one replica has a disruption budget', () => {
  const objects = base();
  for (const one of workloads(objects)) {
    const budget = objects.find(
      (o) => o.kind === 'PodDisruptionBudget' && o.metadata.name === one.metadata.name);
    assert.equal(budget !== undefined, one.spec.replicas > 1, one.metadata.name);
    if (budget) assert.equal(budget.spec.maxUnavailable, 1);
  }
});

/** Returns the flags of a Redis container: `--port 6401` is {port: '6401'}. */
function flagsOf(container) {
  const flags = {};
  for (let i = 0; i < container.args.length; i += 2) {
    flags[container.args[i].replace(/^--/, '')] = container.args[i + 1];
  }
  return flags;
}

test('the cache forgets, the bus does not, and both leave memory to spare', () => {
  const objects = base();
  const [cache] = workload(objects, 'redis-cache').spec.template.spec.containers;
  const [bus] = workload(objects, 'redis-bus').spec.template.spec.containers;

  assert.equal(flagsOf(cache)['maxmemory-policy'], 'allkeys-lfu');
  assert.equal(flagsOf(cache).appendonly, 'no');
  assert.equal(flagsOf(bus)['maxmemory-policy'], 'noeviction');
  assert.equal(flagsOf(bus).appendonly, 'yes');
  const mebibytes = { '512Mi': 512, '1Gi': 1024 };
  for (const redis of [cache, bus]) {
    const most = Number.parseInt(flagsOf(redis).maxmemory, 10);
    assert.ok(most <= 0.75 * mebibytes[redis.resources.limits.memory]);
    assert.equal(flagsOf(redis).save, '');
  }
});
