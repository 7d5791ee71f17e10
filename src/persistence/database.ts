// Opens the database: the one in DATABASE_URL, or the embedded one.
import { join } from 'node:path';
import { EmbeddedPostgresError, startEmbeddedPostgres } from '../embedded-postgres/start.ts';
import { digest } from '../platform/digest.ts';

export interface Database {
  readonly url: string;
  /** Resolves when the embedded PostgreSQL stops unexpectedly. Never resolves for an external one. */
  readonly lost: Promise<void>;
  /** Stops the embedded PostgreSQL. Does nothing for an external one. */
  stop(): Promise<void>;
}

export interface DatabaseSettings {
  /** Null uses the embedded one. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Whether `dataDir` was set explicitly. */
  readonly isDataDirGiven: boolean;
}

/** @param say prints a line to the terminal. @param log receives PostgreSQL's log lines. */
export async function openDatabase(
  { databaseUrl, dataDir, isDataDirGiven }: DatabaseSettings,
  say: (line: string) => void,
  log: (line: string) => void,
): Promise<Database> {
  if (databaseUrl !== null) return { url: databaseUrl, lost: new Promise(() => {}), stop: async () => {} };
  try {
    return await startEmbeddedPostgres({ dataDir, durable: true, log });
  } catch (error) {
    const isClosedFolder = error instanceof EmbeddedPostgresError && error.code === 'unreachable_for_account';
    if (!isClosedFolder || isDataDirGiven) throw error;
    // The process runs as root in a directory that the `postgres` user cannot enter, for example root's home.
    const elsewhere = join('/var/lib/stepgate', digest(process.cwd()).slice(0, 12));
    say(
      `PostgreSQL cannot access this directory, so its data is stored in ${elsewhere}. To use another one, set DATA_DIR.`,
    );
    return await startEmbeddedPostgres({ dataDir: elsewhere, durable: true, log });
  }
}
