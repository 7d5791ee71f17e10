// The database of a process: the one of DATABASE_URL, or the embedded one.
import { join } from 'node:path';
import { digest } from '../platform/digest.ts';
import { EmbeddedPostgresError, startEmbeddedPostgres } from './embedded-postgres/start.ts';

export interface Database {
  readonly url: string;
  /** Resolves when the embedded PostgreSQL has ended by itself; one of somebody else's is not watched. */
  readonly lost: Promise<void>;
  /** Stops the embedded PostgreSQL; one of somebody else's is left alone. */
  stop(): Promise<void>;
}

export interface DatabaseSettings {
  /** Null: the embedded one. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Whether `dataDir` was chosen, and not left to us. */
  readonly isDataDirGiven: boolean;
}

/** @param say for the person at the terminal. @param log takes PostgreSQL's own lines. */
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
    // root works in a folder that the account of PostgreSQL may not enter, for example its own home.
    const elsewhere = join('/var/lib/stepgate', digest(process.cwd()).slice(0, 12));
    say(
      `PostgreSQL may not enter this folder, so its data is kept in ${elsewhere}. Set DATA_DIR to choose another.`,
    );
    return await startEmbeddedPostgres({ dataDir: elsewhere, durable: true, log });
  }
}
