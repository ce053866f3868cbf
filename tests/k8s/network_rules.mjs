// Who reaches whom: what the network policies allow, and what is wrong with them.

import { matches, selected, workloads } from './suite.mjs';

// What lies outside the base: the namespaces that policies may name.
const OUTSIDE = [
  { 'kubernetes.io/metadata.name': 'kube-system' },
  { 'rapport/clients': 'true' },
  { 'rapport/metrics': 'true' },
];

const policies = (objects) => objects.filter((o) => o.kind === 'NetworkPolicy');

/** Whether a rule, which has `peers`, is about `pod` of the same namespace. */
function names(peers, pod) {
  return (peers ?? []).some((peer) => !peer.namespaceSelector && peer.podSelector &&
    matches(peer.podSelector.matchLabels, pod.spec.template.metadata.labels));
}

/** Whether policies that select `pod` allow it to meet `peer` at `port`. */
function allows(objects, pod, direction, peer, port) {
  const [rules, peers] =
    direction === 'Ingress' ? ['ingress', 'from'] : ['egress', 'to'];
  return policies(objects).some((policy) =>
    policy.spec.policyTypes.includes(direction) &&
    selected([pod], policy.spec.podSelector).length > 0 &&
    (policy.spec[rules] ?? []).some((rule) =>
      rule.ports?.some((p) => p.protocol === 'TCP' && p.port === port) &&
      names(rule[peers], peer)));
}

/** Whether `from` reaches `to` at `port`: both ends must allow it. */
export function reaches(objects, from, to, port) {
  return allows(objects, from, 'Egress', to, port) &&
    allows(objects, to, 'Ingress', from, port);
}

/** Returns `from -> to:port` for every pair that meets, sorted. */
export function flows(objects) {
  const all = workloads(objects);
  const found = [];
  for (const to of all) {
    for (const port of to.spec.template.spec.containers[0].ports) {
      for (const from of all) {
        if (reaches(objects, from, to, port.containerPort)) {
          found.push(`${from.metadata.name} -> ${to.metadata.name}:` +
            port.containerPort);
        }
      }
    }
  }
  return found.sort();
}

/** Returns what of a policy selects nothing, or allows at one end only. */
function peerProblems(objects, policy, rules, peers) {
  const problems = [];
  const where = policy.metadata.name;
  for (const rule of policy.spec[rules] ?? []) {
    if (!rule.ports?.length) problems.push(`${where}: a rule for every port`);
    if (!rule[peers]?.length) problems.push(`${where}: a rule for everybody`);
    for (const peer of rule[peers] ?? []) {
      if (peer.ipBlock) problems.push(`${where}: addresses instead of names`);
      if (peer.namespaceSelector) {
        const known = OUTSIDE.some(
          (labels) => JSON.stringify(labels) ===
            JSON.stringify(peer.namespaceSelector.matchLabels));
        if (!known) problems.push(`${where}: an unknown namespace`);
        continue;
      }
      const others = selected(objects, peer.podSelector);
      if (others.length === 0) problems.push(`${where}: a peer that nobody is`);
      for (const own of selected(objects, policy.spec.podSelector)) {
        for (const other of others) {
          for (const { port } of rule.ports ?? []) {
            const [from, to] = rules === 'ingress' ? [other, own] : [own, other];
            if (!reaches(objects, from, to, port)) {
              problems.push(`${where}: ${from.metadata.name} -> ` +
                `${to.metadata.name}:${port} is allowed at one end only`);
            }
          }
        }
      }
    }
  }
  return problems;
}

/** Returns what is wrong with the network policies. */
export function networkProblems(objects) {
  const problems = [];
  const denies = policies(objects).some((p) =>
    Object.keys(p.spec.podSelector).length === 0 && !p.spec.ingress &&
    !p.spec.egress && p.spec.policyTypes.length === 2);
  if (!denies) problems.push('nothing denies by default');
  for (const policy of policies(objects)) {
    if (selected(objects, policy.spec.podSelector).length === 0) {
      problems.push(`${policy.metadata.name}: selects nothing`);
    }
    problems.push(...peerProblems(objects, policy, 'ingress', 'from'),
      ...peerProblems(objects, policy, 'egress', 'to'));
  }
  return problems;
}
