// The one judge of all nemesis runs: holds what clients were told against what
// is true afterwards. A pure function; checker_test.mjs shows what it finds.
//
//   check({history, truth, samples, faults}) -> [{invariant, what}]
//
// Invariants, numbered as everywhere in this project:
//   I1  acknowledged writes are there, with the acknowledged content
//   I2  others are absent or whole
//   I3  one event a version of each row, and no event without its row
//   I4  each partition is 1, 2, ... max; each event once; streams likewise
//   I5  the versions of each ordering key have no holes
//   I6  warehouse and profiles equal what the events say
//   I7  reads are as fresh as promised
//   I8  nothing is under another tenant
//   I9  the audit trail has each event once
//   I10 only documented statuses; never UNKNOWN, never INTERNAL
//   I11 files, threads and memory come back
// (I12, an end with 0, is checked where the processes are stopped.)

import {nanosOfMoney} from '../../../gateway/clients/money.mjs';

const STALE_MS = 60_000;
// What a clock of the test and one of a service may be apart, and a page takes.
const SLACK_MS = 2_000;
// google.rpc.Code: UNKNOWN, INTERNAL, DATA_LOSS.
const FORBIDDEN_CODES = new Set([2, 13, 15]);
const GROWTH = 1.1;
// A store's caches of 72 MiB fill as the store grows, and the allocator keeps what
// large answers took.
const SPARE = {files: 8, threads: 4, memoryKb: 96 << 10};

const versionOf = ({etag}) => Number(etag.replaceAll('"', ''));
const isCustomer = (name) => /^customers\/[^/]+$/.test(name);

// Returns the resources of an answer: one, or those of a batch.
function resourcesOf(answer) {
  return answer.name ? [answer] : Object.values(answer).flat();
}

function confirmedOrders(rows) {
  return rows.filter(({name, state}) =>
    name.startsWith('orders/') && state === 'CONFIRMED');
}

// Returns what the profiles of a tenant, by customer, say otherwise than its
// rows.
export function wrongProfiles(rows, profiles) {
  const confirmed = confirmedOrders(rows);
  return rows.filter(({name, deleteTime}) => isCustomer(name) && !deleteTime)
      .flatMap(({name, displayName}) => {
        const slice = (kind) =>
          profiles[name]?.slices?.find((one) => one.kind === kind);
        const shown = slice('IDENTITY')?.identity?.displayName;
        const bought =
            confirmed.filter(({customer}) => customer === name).length;
        const counted =
            Number(slice('COMMERCIAL')?.commercial?.confirmedOrderCount ?? 0);
        return [
          ...(shown === displayName ? [] :
            [`the profile of ${name} says '${shown}', not '${displayName}'`]),
          ...(counted === bought ? [] :
            [`the profile of ${name} counts ${counted} orders, not ${bought}`]),
        ];
      });
}

class Judge {
  constructor({history, truth, samples = {}, faults = []}) {
    Object.assign(this, {history, truth, samples, faults});
    this.violations = [];
    this.writes = history.filter(({isRead}) => !isRead);
    this.events = Object.values(truth.events).flatMap(
        ({partitions}) => partitions.flat());
    // `tenant name` to row, `tenant name version` to event.
    this.rows = new Map(Object.entries(truth.rows).flatMap(
        ([tenant, rows]) => rows.map((row) => [`${tenant} ${row.name}`, row])));
    this.byVersion = new Map();
    this.byRequest = new Map();
    for (const event of this.events) {
      const key = `${event.tenant} ${event.resource} ${event.resource_version}`;
      if (this.byVersion.has(key)) this.broken('I3', `two events tell ${key}`);
      this.byVersion.set(key, event);
      const request = `${event.tenant} ${event.request_id}`;
      this.byRequest.set(request, [...(this.byRequest.get(request) ?? []), event]);
    }
  }

  broken(invariant, what) {
    this.violations.push({invariant, what});
  }

  checkAcknowledged() {
    for (const write of this.writes.filter(({outcome}) => outcome === 'ok')) {
      for (const told of resourcesOf(write.answer)) {
        const where = `${write.tenant} ${told.name}`;
        const row = this.rows.get(where);
        if (!row) {
          this.broken('I1', `${write.kind} ${where} is lost`);
          continue;
        }
        if (row.uid !== told.uid) this.broken('I1', `${where} was made anew`);
        const event = this.byVersion.get(`${where} ${versionOf(told)}`);
        if (!event) {
          this.broken('I1', `${where} ${told.etag} has no event`);
        } else if (event.request_id !== write.requestId) {
          this.broken('I1', `${where} ${told.etag} was made by another request`);
        }
        if (versionOf(row) < versionOf(told)) {
          this.broken('I1', `${where} is older than ${told.etag}`);
        } else if (row.etag === told.etag &&
            JSON.stringify(row) !== JSON.stringify(told)) {
          this.broken('I1', `${where} ${row.etag} is not what was told: ` +
              `${JSON.stringify(row)} for ${JSON.stringify(told)}`);
        }
      }
      if (write.repeated && JSON.stringify(write.repeated.body) !==
          JSON.stringify(write.answer)) {
        this.broken('I1', `${write.kind} ${write.requestId} repeated answers ` +
            JSON.stringify(write.repeated.body));
      }
    }
  }

  checkUnacknowledged() {
    for (const write of this.writes.filter(({outcome}) => outcome !== 'ok')) {
      const events = this.byRequest.get(`${write.tenant} ${write.requestId}`) ?? [];
      if (write.outcome === 'refused' && events.length > 0) {
        this.broken('I2', `${write.kind} ${write.requestId} was refused and done`);
      }
      const whole = write.body?.requests?.length ?? 1;
      if (events.length > 0 && events.length < whole) {
        this.broken('I2', `${write.kind} ${write.requestId} is ` +
            `${events.length} of ${whole}`);
      }
    }
  }

  checkRows() {
    for (const [where, row] of this.rows) {
      for (let version = 1; version <= versionOf(row); ++version) {
        if (!this.byVersion.has(`${where} ${version}`)) {
          this.broken('I3', `${where} "${version}" has no event`);
        }
      }
    }
    for (const event of this.events) {
      const row = this.rows.get(`${event.tenant} ${event.resource}`);
      if (!row) {
        this.broken('I3', `${event.id} tells of ${event.resource}, which is not there`);
      } else if (Number(event.resource_version) > versionOf(row)) {
        this.broken('I3', `${event.id} is newer than ${event.resource}`);
      }
    }
  }

  checkFeeds() {
    for (const [service, {heads, partitions}] of Object.entries(this.truth.events)) {
      const ids = new Set();
      partitions.forEach((events, partition) => {
        const where = `${service}/${partition}`;
        events.forEach((event, i) => {
          if (Number(event.seq) !== i + 1) {
            this.broken('I4', `${where} has ${event.seq} at place ${i + 1}`);
          }
          if (ids.has(event.id)) this.broken('I4', `${event.id} comes twice`);
          ids.add(event.id);
        });
        if (heads[partition] !== events.length) {
          this.broken('I4', `${where} ends at ${events.length}, not at ` +
              `${heads[partition]}`);
        }
      });
    }
    for (const [key, ids] of Object.entries(this.truth.streams)) {
      ids.forEach((id, i) => {
        if (i > 0 && Number(id.split('-')[0]) !==
            Number(ids[i - 1].split('-')[0]) + 1) {
          this.broken('I4', `${key} goes from ${ids[i - 1]} to ${id}`);
        }
      });
    }
  }

  checkKeys() {
    for (const [service, {partitions}] of Object.entries(this.truth.events)) {
      const versions = new Map();
      for (const event of partitions.flat()) {
        const key = `${service} ${event.tenant} ${event.ordering_key}`;
        const next = (versions.get(key) ?? 0) + 1;
        if (Number(event.key_version) !== next) {
          this.broken('I5', `${key} has ${event.key_version} after ${next - 1}`);
        }
        versions.set(key, next);
      }
    }
  }

  checkProjections() {
    for (const [tenant, rows] of Object.entries(this.truth.rows)) {
      const revenue = confirmedOrders(rows).reduce(
          (sum, {total}) => sum + nanosOfMoney(total), 0n);
      const told = nanosOfMoney(this.truth.warehouses[tenant]?.totalRevenue ?? {});
      if (told !== revenue) {
        this.broken('I6', `the warehouse has ${told} nanos of ${tenant}, ` +
            `not ${revenue}`);
      }
      for (const what of wrongProfiles(rows, this.truth.profiles[tenant] ?? {})) {
        this.broken('I6', `${tenant}: ${what}`);
      }
    }
  }

  // The names that a customer had, each with the instants between which its
  // write was on its way.
  namesOf(tenant, name) {
    return this.writes.filter((write) => write.tenant === tenant &&
        write.outcome === 'ok' && write.answer.name === name)
        .map(({answer, start, end}) => ({displayName: answer.displayName, start, end}));
  }

  checkReads() {
    const unsure = new Set(this.writes.filter(({outcome}) => outcome !== 'ok')
        .map(({tenant, path}) => `${tenant} ${path.split(':')[0]}`));
    for (const read of this.history.filter(({isRead}) => isRead)) {
      const path = read.path.replace(/\/profile$/, '');
      if (read.outcome !== 'ok' || !read.known ||
          unsure.has(`${read.tenant} ${path}`)) {
        continue;
      }
      if (read.kind === 'Get') {
        if (versionOf(read.answer) < versionOf(read.known)) {
          this.broken('I7', `${read.tenant} ${path} was read as ` +
              `${read.answer.etag} after ${read.known.etag}`);
        }
      } else {
        this.checkProfileRead(read, path.slice('/v1/'.length));
      }
    }
  }

  checkProfileRead(read, name) {
    const slice = read.answer.slices?.find(({kind}) => kind === 'IDENTITY');
    if (!slice?.identity || slice.state === 'MISSING') return;
    const shown = slice.identity.displayName;
    if (read.sentToken) {
      if (shown !== read.known.displayName) {
        this.broken('I7', `${read.tenant} ${name} was read with a token as ` +
            `'${shown}', older than '${read.known.displayName}'`);
      }
      return;
    }
    const names = this.namesOf(read.tenant, name);
    const at = names.findIndex(({displayName}) => displayName === shown);
    if (at < 0) {
      this.broken('I7', `${read.tenant} ${name} was never called '${shown}'`);
      return;
    }
    const replaced = names[at + 1]?.end ?? Infinity;
    if (slice.state !== 'STALE' && read.start - replaced > STALE_MS + SLACK_MS) {
      this.broken('I7', `${read.tenant} ${name} was read as '${shown}', replaced ` +
          `${Math.round(read.start - replaced)} ms before, as ${slice.state}`);
    }
  }

  checkTenants() {
    for (const [tenant, rows] of Object.entries(this.truth.rows)) {
      for (const row of rows) {
        const text = row.displayName ?? row.subject ?? row.body;
        if (text && !text.startsWith(tenant)) {
          this.broken('I8', `${tenant} ${row.name} says '${text}'`);
        }
      }
    }
    for (const {tenant, id, resource} of this.events) {
      if (!this.truth.rows[tenant]) {
        this.broken('I8', `${id} of ${resource} is of the tenant '${tenant}'`);
      }
    }
    for (const key of this.truth.cacheKeys) {
      const [, tenant, customer] = key.match(/^prof:\{([^:]*):(.*)\}$/) ?? [];
      if (!this.rows.has(`${tenant} customers/${customer}`)) {
        this.broken('I8', `the cache has '${key}'`);
      }
    }
    for (const {tenant, answer, isRead} of this.history) {
      const text = isRead && (answer?.displayName ??
          answer?.slices?.find(({identity}) => identity)?.identity.displayName);
      if (text && !text.startsWith(tenant)) {
        this.broken('I8', `${tenant} was answered '${text}'`);
      }
    }
  }

  checkAudit() {
    const events = new Map(this.events.map((event) => [event.id, event]));
    const seen = new Set();
    for (const [tenant, entries] of Object.entries(this.truth.audits)) {
      for (const {name, eventId} of entries) {
        if (!eventId) continue;
        if (events.get(eventId)?.tenant !== tenant) {
          this.broken('I9', `${tenant} ${name} is of no event`);
        }
        if (seen.has(eventId)) this.broken('I9', `${eventId} is audited twice`);
        seen.add(eventId);
      }
    }
    for (const [id, {resource}] of events) {
      if (!seen.has(id)) this.broken('I9', `${id} of ${resource} is not audited`);
    }
  }

  checkStatuses() {
    const mayRefuseTokens =
        this.faults.some(({fault}) => fault.mayRefuseTokens);
    for (const {kind, attempts} of this.history) {
      for (const {status, code, reason} of attempts) {
        if (FORBIDDEN_CODES.has(code)) {
          this.broken('I10', `${kind} ended with code ${code} ${reason ?? ''}`);
        }
        if (status === 401 && !mayRefuseTokens) {
          this.broken('I10', `${kind} was refused a good token: ${reason}`);
        }
      }
    }
  }

  checkResources() {
    for (const [name, {before, after}] of Object.entries(this.samples)) {
      if (before.pid !== after.pid) continue;
      for (const [what, spare] of Object.entries(SPARE)) {
        if (after[what] > before[what] * GROWTH + spare) {
          this.broken('I11', `${name} has ${after[what]} ${what}, ` +
              `${before[what]} before`);
        }
      }
    }
  }
}

export function check(run) {
  const judge = new Judge(run);
  judge.checkAcknowledged();
  judge.checkUnacknowledged();
  judge.checkRows();
  judge.checkFeeds();
  judge.checkKeys();
  judge.checkProjections();
  judge.checkReads();
  judge.checkTenants();
  judge.checkAudit();
  judge.checkStatuses();
  judge.checkResources();
  return judge.violations;
}
