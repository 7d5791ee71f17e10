/**
 * Ensures that at most one supervisor works on a data directory. Uses SQLite's exclusive lock on an empty file, because
 * that is a kernel lock: it ends with its process, however that dies, and a reused pid cannot fake it. The note beside
 * it names the holder for the error message. Refuses a directory that another supervisor holds, but waits for one that
 * is stopping.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedPostgresError } from './error.ts';

const POLL_MILLISECONDS = 50;
/** A supervisor whose app was killed needs a moment to notice. Until then its note still exists. */
const NOTICE_SECONDS = 2;
const WIND_DOWN_SECONDS = 15;
const SQLITE_BUSY = 5;

export interface FolderLock {
  /** Makes a new supervisor wait instead of being refused. */
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
        `Another Stepgate server (pid ${holder.appPid}) is using ${dataDir}; pid ${holder.supervisorPid} runs its database. ` +
          'Stop it, or set DATA_DIR to another directory.',
      );
    }
    if (waitedSeconds > WIND_DOWN_SECONDS) {
      throw new EmbeddedPostgresError(
        'folder_in_use',
        `The database of an earlier Stepgate server in ${dataDir} did not stop within ${WIND_DOWN_SECONDS} seconds. ` +
          'Try again later, or set DATA_DIR to another directory.',
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
      `Cannot lock ${file}: ${message}. Run Stepgate as the owner of the directory, or set DATA_DIR to another directory.`,
    );
  }
}

/** Undefined if the holder is gone, is stopping, or is just writing its note. */
async function readHolder(note: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(note, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
