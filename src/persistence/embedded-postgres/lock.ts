/**
 * Owns the rule that at most one supervisor works on a data folder. The lock is SQLite's exclusive lock on an
 * empty file, because that is a lock of the kernel: it ends with its process, however that dies, and no
 * re-used pid can fake it. The note beside it only names the holder, for the error message.
 * Refuses a folder that another supervisor holds, unless that one is on its way out: then it waits.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './error.ts';

const POLL_MILLISECONDS = 50;
/** A supervisor whose app was killed needs a moment to notice; until then its note still says that it works. */
const NOTICE_SECONDS = 2;
const WIND_DOWN_SECONDS = 15;
const SQLITE_BUSY = 5;

export interface FolderLock {
  /** From here on a newcomer waits instead of being refused. */
  announceStop(): Promise<void>;
  release(): void;
}

interface Holder {
  appPid: number;
  supervisorPid: number;
}

export async function lockFolder(dataDir: string, appPid: number, signal: AbortSignal): Promise<FolderLock> {
  const note = join(dataDir, 'postgres-supervisor.json');
  const lock = await waitForLock(join(dataDir, 'postgres-supervisor.lock'), note, dataDir, signal);
  const holder: Holder = { appPid, supervisorPid: process.pid };
  await writeFile(note, JSON.stringify(holder));
  return {
    announceStop: () => rm(note, { force: true }),
    release: () => lock.close(),
  };
}

async function waitForLock(
  file: string,
  note: string,
  dataDir: string,
  signal: AbortSignal,
): Promise<DatabaseSync> {
  const since = Date.now();
  for (;;) {
    const lock = tryLock(file);
    if (lock) return lock;
    const waitedSeconds = (Date.now() - since) / 1000;
    const holder = await readHolder(note);
    if (holder && waitedSeconds > NOTICE_SECONDS) {
      throw new EmbeddedPostgresError(
        'folder_in_use',
        `Another Stepgate, pid ${holder.appPid}, is using ${dataDir} (pid ${holder.supervisorPid} runs its database). ` +
          'Stop it, or set DATA_DIR to another folder.',
      );
    }
    if (waitedSeconds > WIND_DOWN_SECONDS) {
      throw new EmbeddedPostgresError(
        'folder_in_use',
        `The database of an earlier Stepgate in ${dataDir} has been stopping for ${WIND_DOWN_SECONDS} seconds. ` +
          'Try again in a moment, or set DATA_DIR to another folder.',
      );
    }
    await delay(POLL_MILLISECONDS, undefined, { signal });
  }
}

function tryLock(file: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    const { errcode, message } = error as Error & { errcode?: number };
    if (errcode === SQLITE_BUSY) return undefined;
    throw new EmbeddedPostgresError(
      'folder_unusable',
      `Cannot lock ${file}: ${message}. Run Stepgate as the user to whom the folder belongs, or set DATA_DIR to another folder.`,
    );
  }
}

/** The note of a holder that is gone, stopping or just writing it reads as nobody. */
async function readHolder(note: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(note, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
