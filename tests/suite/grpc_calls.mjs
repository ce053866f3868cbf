// Calls over gRPC with grpc-js, which learns the methods from the server's
// reflection. Fields have the names of the protos; enums and 64-bit numbers are
// text, as in JSON.

import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const require = createRequire(
    new URL('../clients/package.json', import.meta.url));
const packages = createRequire(
    new URL('../../cmake/packages/package.json', import.meta.url));
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');
const {GrpcReflection} = require('grpc-js-reflection-client');
const protobuf = createRequire(require.resolve('@grpc/proto-loader'))(
    'protobufjs');

const FORM = {enums: String, longs: String, bytes: String, oneofs: false};
const DEADLINE_MS = 10_000;

export const Code = grpc.status;

// Where google/rpc/status.proto lies, and our own protos.
const INCLUDED = [
  fileURLToPath(new URL('../../protos', import.meta.url)),
  dirname(packages.resolve('google-proto-files/package.json')),
];

// Reads what google.rpc.Status details hold.
const details = (() => {
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) => join(INCLUDED[1], target);
  root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);
  return root;
})();

// Returns the google.rpc.Status of an error of grpc-js as REST shows it:
// {code, message, details}, each detail with its `@type`.
export function statusOf(error) {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!bytes) return {code: error.code, message: error.details, details: []};
  const status = details.lookupType('google.rpc.Status').decode(bytes);
  return {
    code: status.code,
    message: status.message,
    details: status.details.map(({type_url: url, value}) => {
      const type = details.lookupType(url.split('/').at(-1));
      return {'@type': url, ...type.toObject(type.decode(value), FORM)};
    }),
  };
}

function metadataOf(token, headers) {
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

// Returns the google.protobuf.FileDescriptorSet of serialised `files`. (The
// reflection client's own reading takes no protos that extend options.)
function fileSetOf(files) {
  const set = protobuf.Writer.create();
  for (const file of files) set.uint32((1 << 3) | 2).bytes(file);
  return Buffer.from(set.finish());
}

function memberOf(packageObject, path) {
  return path.split('.').reduce((object, part) => object[part], packageObject);
}

// A connection to one server.
export class GrpcCalls {
  // Calls carry `token` unless they bring their own.
  constructor(address, token) {
    this.address = address;
    this.token = token;
    this.credentials = grpc.credentials.createInsecure();
    this.stubs = new Map();
  }

  // Returns the names of the services that the server tells of.
  listServices() {
    return this.reflection().listServices();
  }

  reflection() {
    return new GrpcReflection(this.address, this.credentials, {}, 'v1');
  }

  // Makes `services` callable, by what reflection tells of them.
  async learn(...services) {
    for (const service of services) {
      const {fileDescriptorResponse} = await this.reflection().request(
          {fileContainingSymbol: service});
      this.add(service, grpc.loadPackageDefinition(
          protoLoader.loadFileDescriptorSetFromBuffer(
              fileSetOf(fileDescriptorResponse.fileDescriptorProto), FORM)));
    }
    return this;
  }

  // Makes `service` callable by its file under protos/, for servers that keep it
  // from reflection.
  read(service, file) {
    this.add(service, grpc.loadPackageDefinition(
        protoLoader.loadSync(file, {...FORM, keepCase: true, includeDirs: INCLUDED})));
    return this;
  }

  add(service, packageObject) {
    const Stub = memberOf(packageObject, service);
    this.stubs.set(service, new Stub(this.address, this.credentials));
  }

  // Returns the methods that are callable, in the form that call() takes.
  methods() {
    return [...this.stubs.values()].flatMap((stub) =>
      Object.values(stub.constructor.service).map(({path}) => path.slice(1)));
  }

  // Returns the fields of a method's request: {name, number, type}, the type as
  // `TYPE_STRING`.
  fieldsOf(method) {
    const [service, name] = method.split('/');
    return this.stubs.get(service).constructor.service[name].requestType.type.field;
  }

  // Calls `method`, as `crm.operational.v1.CustomerService/GetCustomer`. Returns
  // {response, headers}; rejects with the error of grpc-js.
  call(method, request, {token = this.token, headers = {}} = {}) {
    const [service, name] = method.split('/');
    return new Promise((resolve, reject) => {
      let initial;
      const call = this.stubs.get(service)[name](
          request, metadataOf(token, headers),
          {deadline: Date.now() + DEADLINE_MS}, (error, response) => {
            if (error) reject(error);
            else resolve({response, headers: initial});
          });
      call.on('metadata', (metadata) => {
        initial = metadata;
      });
    });
  }

  // Calls `method` and returns the error that it must end with.
  async refusal(method, request, options) {
    try {
      await this.call(method, request, options);
    } catch (error) {
      return error;
    }
    throw new Error(`${method} was not refused`);
  }

  // Opens a server stream. Returns the readable stream of grpc-js.
  open(method, request) {
    const [service, name] = method.split('/');
    return this.stubs.get(service)[name](request, metadataOf(this.token, {}));
  }

  // Sends `bytes` as the request of a unary call. Returns the error or null.
  sendBytes(method, bytes, {token = this.token} = {}) {
    const client = new grpc.Client(this.address, this.credentials);
    return new Promise((resolve) => {
      client.makeUnaryRequest(
          `/${method}`, (value) => value, (value) => value, bytes,
          metadataOf(token, {}), {deadline: Date.now() + DEADLINE_MS},
          (error) => {
            client.close();
            resolve(error);
          });
    });
  }

  close() {
    for (const stub of this.stubs.values()) stub.close();
  }
}
