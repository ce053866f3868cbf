// Renders a Kustomize folder: the subset that k8s/ uses, and an error for the
// rest, so that the manifests can be checked where there is no kustomize 5.
//
//   resources (files, folders), configMapGenerator (envs, with the content hash
//   in the name), namespace, labels (includeTemplates, no selectors)

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(new URL('../clients/package.json', import.meta.url));
const { parse, parseAllDocuments } = require('yaml');

const CLUSTER_SCOPED = new Set(['Namespace', 'PriorityClass', 'ClusterRole']);

/** Throws unless every key of `object` is one of `known`. */
function expectKeys(object, known, where) {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) {
      throw new Error(`${where}: '${key}' is not in the subset that is used.`);
    }
  }
}

/** Returns the documents of a YAML file, without empty ones. */
export function parseDocuments(text, where) {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    if (document.errors.length > 0) {
      throw new Error(`${where}: ${document.errors[0].message}`);
    }
    const object = document.toJS();
    return object === null ? [] : [object];
  });
}

/** Returns the pairs of an env file, as kustomize reads it. */
export function parseEnvFile(text, where) {
  const data = {};
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/\r$/, '').replace(/^\s+/, '');
    if (line === '' || line.startsWith('#')) return;
    const equals = line.indexOf('=');
    if (equals < 1) throw new Error(`${where}:${index + 1}: not NAME=value.`);
    const name = line.slice(0, equals);
    if (name in data) throw new Error(`${where}:${index + 1}: '${name}' again.`);
    data[name] = line.slice(equals + 1);
  });
  return data;
}

/** Returns JSON with sorted keys, escaped as Go's encoder does. */
function sortedJson(value) {
  const sort = (item) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(
          Object.keys(item)
            .sort()
            .map((key) => [key, sort(item[key])]))
      : item;
  return JSON.stringify(sort(value)).replace(
    /[<>&\u2028\u2029]/g,
    (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
}

/**
 * Returns the suffix that kustomize gives to the name of a generated map. The
 * name itself does not go into it.
 */
export function contentHash(data) {
  const letters = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };
  const digest = createHash('sha256')
    .update(sortedJson({ kind: 'ConfigMap', name: '', data }))
    .digest('hex');
  return [...digest.slice(0, 10)].map((c) => letters[c] ?? c).join('');
}

function generate(folder, entry) {
  expectKeys(entry, ['name', 'envs'], `configMapGenerator ${entry.name}`);
  const data = {};
  for (const file of entry.envs) {
    const path = join(folder, file);
    for (const [name, value] of Object.entries(
      parseEnvFile(readFileSync(path, 'utf8'), path))) {
      if (name in data) throw new Error(`${path}: '${name}' again.`);
      data[name] = value;
    }
  }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${entry.name}-${contentHash(data)}` },
    data,
  };
}

/** Calls `visit` with every object that refers to a ConfigMap by `name`. */
function forEachConfigMapReference(value, visit) {
  if (value === null || typeof value !== 'object') return;
  for (const [key, child] of Object.entries(value)) {
    const refers = ['configMapRef', 'configMapKeyRef', 'configMap'].includes(key);
    if (refers && child && typeof child.name === 'string') visit(child);
    forEachConfigMapReference(child, visit);
  }
}

function addLabels(object, pairs, includeTemplates) {
  const add = (metadata) => {
    metadata.labels = { ...metadata.labels, ...pairs };
  };
  add(object.metadata);
  if (!includeTemplates) return;
  if (object.spec?.template) add((object.spec.template.metadata ??= {}));
  for (const claim of object.spec?.volumeClaimTemplates ?? []) {
    add(claim.metadata);
  }
}

/** Returns the objects that `folder`, which holds a kustomization.yaml, is. */
export function render(folder) {
  const file = join(folder, 'kustomization.yaml');
  const kustomization = parse(readFileSync(file, 'utf8'));
  expectKeys(
    kustomization,
    ['apiVersion', 'kind', 'namespace', 'resources', 'configMapGenerator', 'labels'],
    file);

  const objects = (kustomization.resources ?? []).flatMap((resource) => {
    const path = join(folder, resource);
    if (statSync(path).isDirectory()) return render(path);
    return parseDocuments(readFileSync(path, 'utf8'), path);
  });
  const names = new Map();
  for (const entry of kustomization.configMapGenerator ?? []) {
    const map = generate(folder, entry);
    names.set(entry.name, map.metadata.name);
    objects.push(map);
  }
  for (const object of objects) {
    forEachConfigMapReference(object, (reference) => {
      reference.name = names.get(reference.name) ?? reference.name;
    });
    if (kustomization.namespace && !CLUSTER_SCOPED.has(object.kind)) {
      object.metadata.namespace = kustomization.namespace;
    }
    for (const label of kustomization.labels ?? []) {
      expectKeys(label, ['pairs', 'includeSelectors', 'includeTemplates'], file);
      if (label.includeSelectors) throw new Error(`${file}: includeSelectors.`);
      addLabels(object, label.pairs, label.includeTemplates);
    }
  }
  return objects;
}

/** Returns `kind/name` of an object. */
export function idOf(object) {
  return `${object.kind}/${object.metadata.name}`;
}
