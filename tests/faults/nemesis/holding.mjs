// How faults are kept up.

import {readFileSync} from 'node:fs';

import {until} from '../../suite/process.mjs';

// For how long most faults are.
export const HELD_MS = Number(process.env.CRM_FAULT_HELD_MS ?? 2_500);
// How long the suite may take to go on after the long ones.
export const RECOVERY_MS = 10_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function isStopped(pid) {
  return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

// Stops a process for a while. Returns 1 if it was seen to stand.
export async function freeze(world, name, ms) {
  const {pid} = world.suite.processes.get(name);
  process.kill(pid, 'SIGSTOP');
  try {
    await until(`${name} stands`, () => isStopped(pid), 2_000);
    await pause(ms);
    return 1;
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}
