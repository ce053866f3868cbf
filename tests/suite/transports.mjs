// The same calls over REST, over gRPC with grpc-js, and with `buf curl`.
//
// A transport has one function, call(method, request): `method` as
// `crm.operational.v1.OrderService/SubmitOrder`, `request` and the answer with
// the field names of JSON.

import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';

const BUF = fileURLToPath(
    new URL('../clients/node_modules/.bin/buf', import.meta.url));

const run = promisify(execFile);

// Returns `value` with its fields renamed by `rename`, all the way down.
function renamed(value, rename) {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(
      ([name, item]) => [rename(name), renamed(item, rename)]));
}

const snakeCase = (name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camelCase = (name) =>
    name.replace(/_([a-z])/g, (match, letter) => letter.toUpperCase());

// display_name -> displayName
export const inJson = (message) => renamed(message, camelCase);
// displayName -> display_name
export const inProto = (message) => renamed(message, snakeCase);

const idOf = (name) => name.split('/')[1];

// What stands for each method in REST: verb, path, query and body of a request.
const REST = {
  CreateCustomer: ({customer, ...query}) => ['POST', '/v1/customers', query, customer],
  GetCustomer: ({name}) => ['GET', `/v1/${name}`],
  CreateProduct: ({product, ...query}) => ['POST', '/v1/products', query, product],
  CreateOrder: ({order, ...query}) => ['POST', '/v1/orders', query, order],
  GetOrder: ({name}) => ['GET', `/v1/${name}`],
  SubmitOrder: ({name, ...body}) =>
    ['POST', `/v1/orders/${idOf(name)}:submit`, {}, body],
  ConfirmOrder: ({name, ...body}) =>
    ['POST', `/v1/orders/${idOf(name)}:confirm`, {}, body],
  UpdateCustomer: ({customer: {name, ...customer}, ...query}) =>
    ['PATCH', `/v1/${name}`, query, customer],
  ListCustomers: (query) => ['GET', '/v1/customers', query],
  GetProfile: ({name}) => ['GET', `/v1/${name}`],
};

export function overRest(suite, options = {}) {
  return {
    async call(method, request) {
      const [verb, path, query = {}, body] = REST[method.split('/')[1]](request);
      const answer = await suite.rest(verb, path, {...options, query, body});
      if (answer.status !== 200) {
        throw new Error(`${method}: ${answer.status} ${answer.text}`);
      }
      return answer.body;
    },
  };
}

export function overGrpc(calls) {
  return {
    async call(method, request) {
      return inJson((await calls.call(method, inProto(request))).response);
    },
  };
}

// Returns the arguments of `buf curl` that do not depend on the call.
function bufArguments(suite) {
  return ['curl', '--protocol', 'grpc', '--http2-prior-knowledge',
    '--header', `Authorization: Bearer ${suite.token()}`];
}

export function overBuf(suite) {
  return {
    async call(method, request) {
      const {stdout} = await run(
          BUF,
          [...bufArguments(suite), '--data', JSON.stringify(request),
            `${suite.url}/${method}`],
          {env: {PATH: process.env.PATH, HOME: suite.folder}});
      return JSON.parse(stdout);
    },
  };
}
