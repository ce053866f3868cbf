// Seeded clients that write and read, and note all that they are told: the
// history that the checker judges.
//
// An operation is {client, tenant, kind, requestId, path, body, start, end,
// attempts: [{status, code, reason, mayRetry}], outcome, answer, token}, where
// mayRetry says whether the error told when to come again. Its outcome is
//   ok        acknowledged: `answer` is what came back,
//   refused   the service said for sure that it did not do it,
//   unknown   nobody knows: the last attempt broke off.

import {Random} from './random.mjs';

const ATTEMPT_MS = 8_000;
const FIRST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 600;
// For how long a write is repeated before its outcome counts as unknown.
const PATIENCE_MS = 45_000;
const SENT_AGAIN = 0.15;
const BATCH = 5;
const UNAUTHENTICATED = 401;

export const TENANTS = ['north', 'south'];

// Statuses after which a write is repeated with its request id.
const isTransient = (status) => [0, 408, 429, 499, 500, 502, 503, 504]
    .includes(status);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Workload {
  // `suite` is reached through its gateway, by `clients` clients.
  constructor(suite, seed, clients) {
    this.suite = suite;
    this.random = new Random(seed);
    this.clients = clients;
    this.history = [];
    this.over = false;
    this.names = 0;
  }

  // Runs until stop().
  async run() {
    const lanes = Array.from({length: this.clients}, (_, client) => new Lane(
        this, client, TENANTS[client % TENANTS.length], this.random.fork()));
    await Promise.all(lanes.map((lane) => lane.run()));
  }

  stop() {
    this.over = true;
  }

  // Returns how many operations were acknowledged so far.
  get acknowledged() {
    return this.history.filter(({outcome}) => outcome === 'ok').length;
  }
}

// One client, which does one thing after the other and owns what it made.
class Lane {
  constructor(workload, client, tenant, random) {
    Object.assign(this, {workload, client, tenant, random});
    // Name to the last known {etag, ...}.
    this.customers = new Map();
    this.orders = new Map();
    this.conversations = new Map();
    this.products = [];
    this.made = 0;
  }

  async run() {
    while (!this.workload.over) {
      const step = this.random.oneOf([
        () => this.createCustomer(), () => this.createCustomer(),
        () => this.updateCustomer(), () => this.updateCustomer(),
        () => this.batchCreateProducts(),
        () => this.createOrder(), () => this.createOrder(),
        () => this.moveOrder(), () => this.moveOrder(), () => this.moveOrder(),
        () => this.createConversation(), () => this.createMessage(),
        () => this.deleteCustomer(),
        () => this.readProfile(), () => this.readBack(),
      ]);
      await step();
    }
  }

  newId(kind) {
    this.made += 1;
    return `${kind}-${this.client}-${this.made}`;
  }

  // The tenant is in every text, so that a row of another one is recognised.
  text(what) {
    return `${this.tenant} ${what} ${this.random.below(1e6)}`;
  }

  async createCustomer() {
    const id = this.newId('c');
    const done = await this.write('CreateCustomer', 'POST', '/v1/customers', {
      query: {customerId: id},
      body: {displayName: this.text('customer'), kind: 'PERSON'},
    });
    if (done) this.customers.set(done.name, done);
  }

  async updateCustomer() {
    if (this.customers.size === 0) return;
    const {name, etag} = this.random.oneOf([...this.customers.values()]);
    const done = await this.write('UpdateCustomer', 'PATCH', `/v1/${name}`, {
      query: {updateMask: 'displayName'},
      body: {displayName: this.text('renamed'), etag},
    });
    if (done) this.customers.set(name, done);
  }

  async deleteCustomer() {
    const free = [...this.customers.values()].filter(({name}) =>
      ![...this.orders.values(), ...this.conversations.values()].some(
          ({customer}) => customer === name));
    if (free.length < 3) return;
    const {name} = this.random.oneOf(free);
    this.customers.delete(name);
    await this.write('DeleteCustomer', 'DELETE', `/v1/${name}`, {});
  }

  async batchCreateProducts() {
    const requests = Array.from({length: BATCH}, () => ({
      productId: this.newId('p'),
      product: {
        displayName: this.text('product'), sku: `${this.tenant}-${this.client}-${this.made}`,
      },
    }));
    const done = await this.write(
        'BatchCreateProducts', 'POST', '/v1/products:batchCreate',
        {body: {requests}});
    if (done) this.products.push(...done.products.map(({name}) => name));
  }

  async createOrder() {
    if (this.customers.size === 0 || this.products.length === 0) return;
    const {name: customer} = this.random.oneOf([...this.customers.values()]);
    const done = await this.write('CreateOrder', 'POST', '/v1/orders', {
      query: {orderId: this.newId('o')},
      body: {
        customer, currencyCode: 'USD',
        lines: [{
          product: this.random.oneOf(this.products),
          quantity: String(1 + this.random.below(9)),
          unitPrice: {currencyCode: 'USD', units: String(1 + this.random.below(99))},
        }],
      },
    });
    if (done) this.orders.set(done.name, done);
  }

  async moveOrder() {
    const open = [...this.orders.values()].filter(
        ({state}) => state === 'DRAFT' || state === 'SUBMITTED');
    if (open.length === 0) return;
    const {name, state} = this.random.oneOf(open);
    const verb = state === 'DRAFT' ? 'submit' : 'confirm';
    const done = await this.write(
        `${verb}Order`, 'POST', `/v1/${name}:${verb}`, {body: {}});
    if (done) this.orders.set(name, done);
    else this.orders.delete(name);
  }

  async createConversation() {
    if (this.customers.size === 0) return;
    const {name: customer} = this.random.oneOf([...this.customers.values()]);
    const done = await this.write(
        'CreateConversation', 'POST', '/v1/conversations', {
          query: {conversationId: this.newId('v')},
          body: {customer, subject: this.text('conversation')},
        });
    if (done) this.conversations.set(done.name, done);
  }

  async createMessage() {
    if (this.conversations.size === 0) return;
    const {name} = this.random.oneOf([...this.conversations.values()]);
    await this.write('CreateMessage', 'POST', `/v1/${name}/messages`, {
      query: {messageId: this.newId('m')},
      body: {body: this.text('message'), channel: 'CHAT', direction: 'INBOUND'},
    });
  }

  // Reads a profile; with the token of the last write of its customer half of
  // the time.
  async readProfile() {
    if (this.customers.size === 0) return;
    const {name, token} = this.random.oneOf([...this.customers.values()]);
    const sent = this.random.chance(0.5) ? token : undefined;
    await this.read('GetProfile', `/v1/${name}/profile`, sent);
  }

  async readBack() {
    const known = [...this.customers.values(), ...this.orders.values()];
    if (known.length === 0) return;
    await this.read('Get', `/v1/${this.random.oneOf(known).name}`);
  }

  // Notes one read. `expected` is what this client was told last of its own.
  async read(kind, path, token) {
    const name = path.split('/').slice(2, 4).join('/');
    const own = this.customers.get(name) ?? this.orders.get(name);
    const operation = {
      client: this.client, tenant: this.tenant, kind, path, sentToken: token,
      known: own && {etag: own.etag, displayName: own.displayName},
      start: performance.now(), attempts: [], isRead: true,
    };
    const answer = await this.attempt(operation, 'GET', path, {}, undefined, token);
    operation.end = performance.now();
    operation.outcome = answer.status === 200 ? 'ok' : 'refused';
    operation.answer = answer.body;
    this.workload.history.push(operation);
  }

  // Makes one write, repeated with its request id until its outcome is known.
  // Returns the resource it made, or null.
  async write(kind, method, path, {query = {}, body = undefined}) {
    const requestId = this.random.uuid();
    // Where the resource is the body, the request's other fields are in the
    // query.
    const inQuery = body === undefined || !(
      path.includes(':') || body.requests !== undefined);
    const sentQuery = inQuery ? {...query, requestId} : query;
    const sentBody = inQuery ? body : {...body, requestId};
    const operation = {
      client: this.client, tenant: this.tenant, kind, requestId, path,
      body: sentBody, start: performance.now(), attempts: [], outcome: 'unknown',
    };
    this.workload.history.push(operation);
    const giveUp = performance.now() + PATIENCE_MS;
    for (let attempt = 0;; ++attempt) {
      const answer = await this.attempt(operation, method, path, sentQuery, sentBody);
      if (answer.status === 200) {
        operation.outcome = 'ok';
        operation.answer = answer.body;
        operation.token = answer.token;
        break;
      }
      if (!isTransient(answer.status)) {
        // An earlier attempt that broke off may have done it all the same, but
        // then this one would have been told so.
        operation.outcome = 'refused';
        break;
      }
      if (performance.now() > giveUp) break;
      await pause(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) *
          (0.5 + this.random.next() / 2));
    }
    operation.end = performance.now();
    if (operation.outcome !== 'ok') return null;
    if (this.random.chance(SENT_AGAIN)) {
      const again = await this.attempt(operation, method, path, sentQuery, sentBody);
      // A repeat that the faults swallowed proves nothing, nor does one whose token
      // a clock has made too old; whether tokens may be refused, I10 judges.
      if (!isTransient(again.status) && again.status !== UNAUTHENTICATED) {
        operation.repeated = again;
      }
    }
    return {...operation.answer, token: operation.token};
  }

  // Sends a request once. Returns {status, body, token}; status 0 is a broken
  // connection.
  async attempt(operation, method, path, query, body, token) {
    const url = new URL(this.workload.suite.url + path);
    for (const [name, value] of Object.entries(query)) {
      url.searchParams.set(name, value);
    }
    try {
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.workload.suite.token({tenant: this.tenant})}`,
          ...(body === undefined ? {} : {'content-type': 'application/json'}),
          ...(token === undefined ? {} : {'crm-token': token}),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(ATTEMPT_MS),
      });
      const answer = JSON.parse(await response.text());
      const reason = answer.details?.find(({reason}) => reason)?.reason;
      const mayRetry = answer.details?.some(
          (detail) => detail['@type'].endsWith('.RetryInfo'));
      operation.attempts.push(
          {status: response.status, code: answer.code, reason, mayRetry});
      return {
        status: response.status, body: answer,
        token: response.headers.get('crm-token') ?? undefined,
      };
    } catch (error) {
      operation.attempts.push({status: 0, reason: error.name});
      return {status: 0};
    }
  }
}
