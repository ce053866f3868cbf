// The rendered base, and what can be asked of it.

import { fileURLToPath } from 'node:url';

import { isWorkload } from './pod_rules.mjs';
import { render } from './render.mjs';

export const BASE = fileURLToPath(new URL('../../k8s/base', import.meta.url));
export const PROGRAMS = ['gateway', 'operational', 'analytical', 'collaborative'];

/** Returns the objects of the base, anew. */
export function base() {
  return render(BASE);
}

/** Returns the one object of that kind and name. */
export function find(objects, kind, name) {
  const found = objects.find((o) => o.kind === kind && o.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} '${name}'.`);
  return found;
}

export function workloads(objects) {
  return objects.filter(isWorkload);
}

export function workload(objects, name) {
  const found = workloads(objects).find((w) => w.metadata.name === name);
  if (!found) throw new Error(`Nothing runs '${name}'.`);
  return found;
}

/** Returns what sets the environment of a container: a map by name. */
export function settingsOf(objects) {
  return (container) => {
    const settings = {};
    for (const { configMapRef } of container.envFrom ?? []) {
      if (!configMapRef) continue;
      Object.assign(settings, find(objects, 'ConfigMap', configMapRef.name).data);
    }
    for (const { name, value } of container.env ?? []) settings[name] = value;
    return settings;
  };
}

/** Whether `labels` has all of `selector`, which is a matchLabels. */
export function matches(selector, labels) {
  return Object.entries(selector ?? {}).every(([k, v]) => labels?.[k] === v);
}

/** Returns the workloads whose pods a `podSelector` selects. */
export function selected(objects, podSelector) {
  return workloads(objects).filter((w) =>
    matches(podSelector.matchLabels, w.spec.template.metadata.labels));
}

/** Returns the port of `host:port`. */
export function portOf(address) {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
