// What is compared: servers that sign people in, each in its own process and on its own PostgreSQL.
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { generateSync } from 'otplib';
import type { Connection } from '../connection.ts';
import { parentOf, type Watched } from '../cpu.ts';
import { rowsOf } from './sql.ts';

export const BCRYPT_COST = 10;
/** Users with a password, and as many with a password and an authenticator app. */
export const USERS = 16;
/** As many as our hashing queue always takes, however slow the machine is. */
export const SIGN_INS_AT_ONCE = availableParallelism() + 4;
export const PASSWORD = 'correct horse battery staple';

export interface Contestant {
  readonly url: string;
  readonly databaseUrl: string;
  readonly child: ChildProcess;
  readonly watched: Watched;
  /** The whole sign-in of a user with a password. @returns what `readSession` needs. */
  signIn(connection: Connection, user: number): Promise<string>;
  /** The whole sign-in of a user who has an authenticator app as well. */
  signInWithTotp(connection: Connection, user: number): Promise<string>;
  /** Reads the session and who its user is. */
  readSession(connection: Connection, credential: string): Promise<void>;
  /** Must be called between two sign-ins of a user with TOTP, because a code may be used once. */
  nextTimeStep(): Promise<void>;
}

/** How long a server may take to stop. */
const STOP_MS = 20_000;

/** Variables that a server inherits. It must not see DATABASE_URL or NODE_OPTIONS of this process. */
export function cleanEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME, NODE_ENV: 'production', BCRYPT_COST: String(BCRYPT_COST) };
}

/** Starts a server that reports its URL. Its output goes to /dev/null, as it would go to a file. */
export async function startServer(
  file: string,
  environment: Readonly<Record<string, string>>,
  { args = [], ...options }: ForkOptions & { readonly args?: readonly string[] } = {},
): Promise<{ child: ChildProcess; url: string; databaseUrl?: string }> {
  const child = fork(new URL(`../${file}`, import.meta.url), args, {
    env: { ...cleanEnvironment(), ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    ...options,
  });
  const started = await Promise.race([
    once(child, 'message') as Promise<[{ url: string; databaseUrl?: string }]>,
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} exited with code ${code}.`))),
  ]);
  return { child, ...started[0] };
}

/** What is the same for every server. @param hashingThreads the names of the threads that hash its passwords. */
export async function contestantOf(
  { child, url }: { readonly child: ChildProcess; readonly url: string },
  databaseUrl: string,
  hashingThreads: RegExp,
): Promise<Pick<Contestant, 'url' | 'databaseUrl' | 'child' | 'watched'>> {
  const postmaster = await postmasterOf(databaseUrl);
  return { url, databaseUrl, child, watched: { pid: child.pid ?? 0, hashingThreads, postmaster } };
}

export async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(kill);
}

/** The process that started the backends of this database. */
async function postmasterOf(databaseUrl: string): Promise<number> {
  const [row] = await rowsOf<{ pid: number }>(
    databaseUrl,
    'select pg_backend_pid() as pid',
    [],
    ({ pid }) => ({
      pid: parentOf(pid),
    }),
  );
  return row?.pid ?? Number.NaN;
}

export function codeOf(secret: string, aheadSeconds = 0): string {
  return generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + aheadSeconds });
}

/** `length` items made one after the other. */
export async function eachOf<Item>(length: number, make: (at: number) => Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for (let at = 0; at < length; at += 1) items.push(await make(at));
  return items;
}
