// The faults of PostgreSQL, in the form that faults.mjs tells of.

import {until} from '../../suite/process.mjs';
import {HELD_MS, pause} from './holding.mjs';

const PATIENCE_MS = 60_000;
// What a service says that cannot reach its store.
const AWAY = 'STORAGE_UNREACHABLE';

const lacks = ({postgres}) => postgres ? '' : 'PostgreSQL';

// Ends the server and has it come back at once.
const restartings = ['fast', 'immediate'].map((mode) => ({
  name: `restart-postgres-${mode}`,
  recoveryMs: PATIENCE_MS,
  lacks,
  async run({suite: {postgres}}) {
    const {pid} = postgres.process;
    await postgres.end(mode);
    await postgres.resume();
    return Number(postgres.process.pid !== pid);
  },
}));

// Ends the server and leaves it away until callers were told of it, for a while.
const absences = ['fast', 'immediate'].map((mode) => ({
  name: `stop-postgres-${mode}`,
  recoveryMs: PATIENCE_MS,
  lacks,
  async run({suite: {postgres}, workload}) {
    const refusals = () => workload.history.flatMap(({attempts}) => attempts)
        .filter(({reason}) => reason === AWAY).length;
    const before = refusals();
    await postgres.end(mode);
    try {
      await until('a call is refused', () => refusals() > before, PATIENCE_MS);
      await pause(HELD_MS);
    } finally {
      await postgres.resume();
    }
    return refusals() - before;
  },
}));

export const POSTGRES_FAULTS = [...restartings, ...absences];
