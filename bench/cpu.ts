// CPU time by thread, from /proc. It repeats on a busy machine, where wall time does not. Linux only.
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of CPU. */
export interface Cpu {
  /** The thread that runs JavaScript. */
  readonly main: number;
  /** The threads that hash passwords. */
  readonly hashing: number;
  /** V8's own threads: compiler and garbage collector. */
  readonly engine: number;
  /** All other threads of the process, for example libuv's. */
  readonly other: number;
  /** The processes that it started. */
  readonly children: number;
  /** PostgreSQL: the postmaster, its backends and its background processes. */
  readonly postgres: number;
}

export interface Watched {
  readonly pid: number;
  /** The names of the threads that hash. */
  readonly hashingThreads: RegExp | null;
  /** The postmaster of its own PostgreSQL. */
  readonly postmaster: number | null;
}

const TICK_MS = 10;

export const PARTS = ['main', 'hashing', 'engine', 'other', 'children', 'postgres'] as const;

export function cpuOf({ pid, hashingThreads, postmaster }: Watched): Cpu {
  const cpu = { main: 0, hashing: 0, engine: 0, other: 0, children: exitedMs(pid), postgres: 0 };
  for (const { tid, name, ms } of threadsOf(pid)) {
    if (tid === pid) cpu.main += ms;
    else if (hashingThreads?.test(name) === true) cpu.hashing += ms;
    else if (name === 'V8Worker') cpu.engine += ms;
    else cpu.other += ms;
  }
  for (const child of childrenOf(pid)) cpu.children += treeMs(child);
  if (postmaster !== null) cpu.postgres = treeMs(postmaster);
  return cpu;
}

/** Everything but the hash. */
export function besideHash({ main, engine, other, children, postgres }: Cpu): number {
  return main + engine + other + children + postgres;
}

/** Includes threads that have exited. Counts in ticks of 10 ms. */
export function processMs(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS + exitedMs(pid);
}

/** What a process holds in memory, in megabytes. */
export function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

export function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

/** A process and all that it started, including those that have exited. */
function treeMs(pid: number): number {
  const own = threadsOf(pid).reduce((sum, { ms }) => sum + ms, 0) + exitedMs(pid);
  return childrenOf(pid).reduce((sum, child) => sum + treeMs(child), own);
}

/** The children that have exited. Counts in ticks of 10 ms, so it needs many operations to be exact. */
function exitedMs(pid: number): number {
  const fields = statOf(pid);
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * TICK_MS;
}

function threadsOf(pid: number): { tid: number; name: string; ms: number }[] {
  return listed(`/proc/${pid}/task`).flatMap((tid) => {
    const name = read(`/proc/${pid}/task/${tid}/comm`);
    const ran = read(`/proc/${pid}/task/${tid}/schedstat`);
    return ran === null
      ? []
      : { tid: Number(tid), name: name?.trim() ?? '', ms: Number.parseInt(ran, 10) / 1e6 };
  });
}

function childrenOf(pid: number): number[] {
  return listed(`/proc/${pid}/task`).flatMap((tid) =>
    (read(`/proc/${pid}/task/${tid}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

/** The fields after the name, which may contain spaces. The first is the state. */
function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`) ?? '';
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Null when the process or thread has just exited. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
