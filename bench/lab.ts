// The servers that measures share. Each is started when a measure first asks for it, and stopped at the end.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/embedded-postgres/start.ts';
import { startBetterAuth } from './contestants/better-auth.ts';
import { type Contestant, startServer, stopServer } from './contestants/contestant.ts';
import { startMinimal } from './contestants/minimal.ts';
import { type Stepgate, startStepgate } from './contestants/stepgate.ts';
import type { Watched } from './cpu.ts';

export const PEERS = join(import.meta.dirname, 'peers');

export class Lab implements AsyncDisposable {
  /** How many rounds are measured. */
  readonly rounds: number;
  readonly #opened = new AsyncDisposableStack();
  readonly #made = new Map<string, Promise<unknown>>();

  constructor(rounds: number) {
    this.rounds = rounds;
  }

  /** A durable PostgreSQL of its own, so that its CPU can be told apart. */
  async cluster(): Promise<string> {
    const dataDir = await mkdtemp(join(tmpdir(), 'stepgate-bench-'));
    this.#opened.defer(() => rm(dataDir, { recursive: true, force: true }));
    const database = await startEmbeddedPostgres({ dataDir, durable: true, log: () => {} });
    this.#opened.defer(() => database.stop());
    return database.url;
  }

  stepgate(): Promise<Stepgate> {
    return this.#once('stepgate', async () => this.#keep(await startStepgate(await this.cluster())));
  }

  minimal(): Promise<Contestant> {
    return this.#once('minimal', async () => this.#keep(await startMinimal(await this.cluster())));
  }

  /** Null if it is not installed and cannot be, for example without a network. */
  betterAuth(): Promise<Contestant | null> {
    return this.#once('better-auth', async () =>
      arePeersInstalled() ? this.#keep(await startBetterAuth(await this.cluster())) : null,
    );
  }

  /** A default Yoga. */
  yoga(): Promise<{ readonly url: string; readonly watched: Watched }> {
    return this.#once('yoga', async () => {
      const { child, url } = this.#keep(await startServer('default-yoga.ts', {}));
      return { url, watched: { pid: child.pid ?? 0, hashingThreads: null, postmaster: null } };
    });
  }

  /** A server of ours that no other measure uses. */
  async freshStepgate(databaseUrl: string, users?: number): Promise<Stepgate> {
    return this.#keep(await startStepgate(databaseUrl, users));
  }

  /** Closed at the end, before what was opened earlier. */
  defer(close: () => Promise<void>): void {
    this.#opened.defer(close);
  }

  #keep<Server extends { readonly child: Contestant['child'] }>(server: Server): Server {
    this.#opened.defer(() => stopServer(server.child));
    return server;
  }

  #once<Server>(name: string, start: () => Promise<Server>): Promise<Server> {
    const made = this.#made.get(name) ?? start();
    this.#made.set(name, made);
    return made as Promise<Server>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened.disposeAsync();
  }
}

/** Installs Better Auth at the first run. */
function arePeersInstalled(): boolean {
  if (existsSync(join(PEERS, 'node_modules/better-auth'))) return true;
  process.stderr.write('Installing Better Auth into bench/peers …\n');
  try {
    execFileSync('npm', ['ci', '--prefix', PEERS], { stdio: ['ignore', 'ignore', 'inherit'] });
    return true;
  } catch {
    process.stderr.write('Better Auth could not be installed. Running without it.\n');
    return false;
  }
}
