// A stand-in for the gateway: an HTTP server on a port of the kernel's choice
// that keeps customers, products and orders in memory and can be told to fail.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import {nanosOfMoney, moneyOfNanos} from '../../gateway/clients/money.mjs';

const SINGULAR = {customers: 'customer', products: 'product', orders: 'order'};
const STATE_AFTER = {submit: 'SUBMITTED', confirm: 'CONFIRMED'};
const STATE_BEFORE = {submit: 'DRAFT', confirm: 'SUBMITTED'};

// What a call is answered with that is not done as it was asked.
class Refusal extends Error {
  constructor(httpStatus, status) {
    super(status);
    this.httpStatus = httpStatus;
    this.status = status;
  }
}

function totalOf({lines = [], currencyCode}) {
  const nanos = lines.reduce((sum, line) => {
    const millionths = BigInt(1_000_000 - line.discountMillionths);
    const price = nanosOfMoney(line.unitPrice) * BigInt(line.quantity);
    return sum + (price * millionths) / 1_000_000n;
  }, 0n);
  return moneyOfNanos(nanos, currencyCode);
}

export class FakeApi {
  constructor() {
    this.resources = new Map();
    this.answers = new Map();
    this.writes = 0;
    // Called with (method, path, count of requests so far) before and after the
    // work; what it returns ('reset', an HTTP status, or {status, reason})
    // goes wrong.
    this.failBefore = () => null;
    this.failAfter = () => null;
    // What a server stream sends.
    this.streamText = '';
    this.token = 'good';
    this.requests = 0;
  }

  async start({host = '127.0.0.1', port = 0} = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'fake-api-'));
    this.tokenFile = join(this.folder, 'token');
    this.writeToken(this.token);
    this.server = createServer((request, response) => {
      this.serve(request, response);
    });
    await new Promise((done) => this.server.listen(port, host, done));
    this.url = `http://${host}:${this.server.address().port}`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
    rmSync(this.folder, {recursive: true});
  }

  writeToken(token) {
    writeFileSync(this.tokenFile, `${token}\n`);
  }

  async serve(request, response) {
    let text = '';
    for await (const chunk of request) text += chunk;
    const url = new URL(request.url, 'http://localhost');
    const call = [request.method, url.pathname, ++this.requests];
    if (this.fail(this.failBefore(...call), response)) return;
    try {
      const body = text ? JSON.parse(text) : null;
      const answer = this.answerOf(request, url, body);
      if (!this.fail(this.failAfter(...call), response)) {
        response.end(
            typeof answer === 'string' ? answer : JSON.stringify(answer));
      }
    } catch (error) {
      response.writeHead(error.httpStatus ?? 500);
      response.end(
          JSON.stringify({error: {status: error.status, message: error.message}}));
    }
  }

  fail(failure, response) {
    if (failure === null) return false;
    if (failure === 'reset') {
      response.socket.destroy();
    } else {
      const {status, reason} =
          typeof failure === 'number' ? {status: failure} : failure;
      const details = reason ? {details: [{reason}]} : {};
      response.writeHead(status);
      response.end(
          JSON.stringify({error: {message: 'told to fail', ...details}}));
    }
    return true;
  }

  answerOf(request, url, body) {
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      throw new Refusal(401, 'UNAUTHENTICATED');
    }
    if (url.pathname.endsWith(':watch')) return this.streamText;
    if (body === null) return this.page(url);
    const known = this.answers.get(body.requestId);
    if (known) return known;
    const [, collection, id, verb] =
        /^\/v1\/([a-z]+)(?:\/([^:]+))?:([a-zA-Z]+)$/.exec(url.pathname);
    const answer = verb === 'batchCreate' ?
        this.create(collection, body) :
        this.move(`${collection}/${id}`, verb);
    this.answers.set(body.requestId, answer);
    return answer;
  }

  page(url) {
    const collection = url.pathname.split('/')[2];
    const size = Math.min(Number(url.searchParams.get('pageSize')), 3);
    const after = url.searchParams.get('pageToken') ?? '';
    const confirmedOnly = url.searchParams.get('filter') === 'state=CONFIRMED';
    const names = [...this.resources.keys()].filter((name) =>
      name.startsWith(`${collection}/`) && name > after &&
      !(confirmedOnly && this.resources.get(name).state !== 'CONFIRMED'));
    const page = names.sort().slice(0, size);
    return {
      [collection]: page.map((name) => this.resources.get(name)),
      ...(names.length > size ? {nextPageToken: page.at(-1)} : {}),
    };
  }

  create(collection, {requests}) {
    const singular = SINGULAR[collection];
    const made = requests.map((request) => ({
      ...request[singular],
      name: `${collection}/${request[`${singular}Id`]}`,
    }));
    if (made.some(({name}) => this.resources.has(name))) {
      throw new Refusal(409, 'ALREADY_EXISTS');
    }
    for (const resource of made) {
      if (collection === 'orders') {
        resource.state = 'DRAFT';
        resource.total = totalOf(resource);
      }
      this.resources.set(resource.name, resource);
      this.writes += 1;
    }
    return {[collection]: made};
  }

  move(name, verb) {
    const order = this.resources.get(name);
    if (order.state !== STATE_BEFORE[verb]) {
      throw new Refusal(400, 'FAILED_PRECONDITION');
    }
    order.state = STATE_AFTER[verb];
    this.writes += 1;
    return order;
  }
}
