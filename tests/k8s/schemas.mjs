// Checks Kubernetes objects against their published schemas.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../clients/package.json', import.meta.url));

/** Returns the class that knows the schema of the object's kind. */
function modelOf(object) {
  const model = require(`kubernetes-models/${object.apiVersion}`)[object.kind];
  if (!model) {
    throw new Error(`there is no ${object.kind} in ${object.apiVersion}`);
  }
  return model;
}

/** Wraps `value` so that every property that is read is noted in `read`. */
function watched(value, path, read) {
  if (value === null || typeof value !== 'object') return value;
  return new Proxy(value, {
    get(target, key) {
      if (typeof key !== 'string') return target[key];
      const at = `${path}.${key}`;
      read.add(at);
      return watched(target[key], at, read);
    },
  });
}

function* paths(value, path) {
  if (value === null || typeof value !== 'object') return;
  for (const [key, child] of Object.entries(value)) {
    yield `${path}.${key}`;
    yield* paths(child, `${path}.${key}`);
  }
}

// What the schemas take as it is, without a look inside.
const OPAQUE = /\.(labels|annotations|matchLabels|requests|limits|data|selector)\./;

/**
 * Returns what is wrong with `object`. A validator passes over fields that it
 * does not know, and so never reads them: those are reported too, for a cluster
 * would drop them or refuse the object.
 */
export function schemaProblems(object) {
  const read = new Set();
  const where = `${object.kind}/${object.metadata?.name}`;
  try {
    const model = modelOf(object);
    new model(object).validate();
    model.prototype.validate.call(watched(object, '', read));
  } catch (error) {
    return [`${where}: ${error.message}`];
  }
  return [...paths(object, '')]
    .filter((path) => !read.has(path) && !OPAQUE.test(path))
    .map((path) => `${where}: unknown field ${path.slice(1)}`);
}
