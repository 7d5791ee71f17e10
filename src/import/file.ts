// Imports a file: reads its records in order, turns each into an imported user, and writes them in batches. The progress is
// saved with each batch, so an interrupted import continues after the last one.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { RecordError, type Refusal } from '../factors/record-error.ts';
import type { EntityManager, Sql } from '../persistence/orm.ts';
import { Conflict } from '../persistence/unit-of-work.ts';
import { digest } from '../platform/digest.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { dryRun, type Write } from './dry-run.ts';
import { READERS } from './files/formats.ts';
import { type FileRecord, FileUnreadableError } from './files/record-file.ts';
import { type NewUser, newUser, type Terms } from './new-user.ts';
import { advance, type Progress } from './progress.ts';
import { Report, type ReportLine, reportLines } from './report.ts';
import { SOURCES, type SourceName } from './sources/list.ts';
import { requireHeading, requireSource } from './sources/recognise.ts';
import type { Source, SourceSettings } from './sources/source.ts';
import { readRecord } from './user-record.ts';
import { type Outcome, writeBatch } from './write-batch.ts';

/** Records written in one transaction. */
const BATCH = 500;

export interface ImportFile {
  readonly path: string;
  readonly source: SourceName;
  readonly settings: SourceSettings;
  readonly reportPath: string;
}

export interface ImportRun {
  readonly em: EntityManager;
  readonly terms: Terms;
  /** Does everything, and then rolls it back. */
  readonly isDryRun: boolean;
  /** Called after each batch. @param part the fraction of the file that has been read, from 0 to 1. */
  readonly onProgress: (progress: Progress, part: number) => void;
}

/** PostgreSQL rejected a batch. Its message is not repeated because it may contain a row. */
export class BatchFailedError extends OperatorError {
  readonly code = 'BATCH_FAILED';
  constructor(first: number, last: number, code: string) {
    super(
      `The database rejected records ${first} to ${last} (${code}). All earlier records are imported. Run the same command again to continue.`,
    );
  }
}

/** Identifies an import: the same content, options and tenant give the same id. */
export async function importIdOf({ path, source, settings }: ImportFile, terms: Terms): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const { tenantId, trustUnverified, acceptFastHashes, withoutSecondFactors } = terms;
  const content = hash.digest('base64url');
  const options = [trustUnverified, acceptFastHashes, ...(withoutSecondFactors ? [true] : [])];
  return digest(JSON.stringify([content, tenantId, source, settings, ...options]));
}

/**
 * @param from the progress to continue from.
 * @returns the final progress.
 * @throws {FileUnreadableError}
 * @throws {ImportRunningError}
 */
export async function importFile(
  importId: string,
  from: Progress,
  file: ImportFile,
  run: ImportRun,
): Promise<Progress> {
  await using report = await Report.open(file.reportPath, from.reportBytes);
  const { em, terms, isDryRun } = run;
  let progress = from;
  const moveTo = async (sql: Sql, next: Progress): Promise<void> => {
    if (!isDryRun) await advance(sql, { importId, ...terms }, progress, next);
  };

  async function writeAndReport(write: Write, batch: Batch): Promise<void> {
    let next = progress;
    await write(terms.tenantId, batch.entries, async (sql, outcome) => {
      const lines = reportLines(reportOf(batch, outcome));
      next = {
        records: progress.records + batch.records,
        imported: progress.imported + outcome.imported.length,
        refused: progress.refused + batch.refused.length + outcome.refused.length,
        reportBytes: progress.reportBytes + Buffer.byteLength(lines),
        finishedAt: batch.isLast ? terms.now : null,
      };
      await moveTo(sql, next);
      await report.append(lines);
    }).catch((error: unknown) => {
      throw withoutData(error, progress.records + 1, progress.records + batch.records);
    });
    progress = next;
  }

  async function writeAll(write: Write): Promise<void> {
    const read = await readerOf(file);
    for await (const { records, part, isLast } of batchesOf(file, from.records)) {
      const batch = batchOf(records, isLast, read, terms);
      const users = progress.imported + progress.refused + batch.entries.length + batch.refused.length;
      if (isLast && users === 0) throw noUsers(progress.records + batch.records);
      await writeAndReport(write, batch);
      run.onProgress(progress, part);
    }
  }

  if (isDryRun) await dryRun(em, writeAll);
  else await writeAll((...batch) => writeBatch(em, ...batch));
  return progress;
}

interface Entry {
  readonly record: FileRecord;
  readonly user: NewUser;
}

interface RefusedRecord {
  readonly record: FileRecord;
  readonly refusal: Refusal;
}

interface Batch {
  /** The number of records, including those that do not describe a user. */
  readonly records: number;
  readonly entries: readonly Entry[];
  readonly refused: readonly RefusedRecord[];
  readonly isLast: boolean;
}

function batchOf(records: readonly FileRecord[], isLast: boolean, read: Read, terms: Terms): Batch {
  const entries: Entry[] = [];
  const refused: RefusedRecord[] = [];
  for (const record of records) {
    try {
      const user = newUserOf(record, read, terms);
      if (user !== null) entries.push({ record, user });
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      refused.push({ record, refusal: error.refusal });
    }
  }
  return { records: records.length, entries, refused, isLast };
}

/** @throws {RecordError} */
type Read = (entry: object) => object | null;

async function readerOf({ path, source, settings }: ImportFile): Promise<Read> {
  const system: Source = SOURCES[source];
  const read =
    system.survey === undefined
      ? system.read
      : await system.survey(entriesOf(recordsOf(createReadStream(path), source, settings)));
  return (entry) => read(entry, settings);
}

async function* entriesOf(records: AsyncIterable<FileRecord>): AsyncIterable<object> {
  for await (const { value } of records) if (isEntry(value)) yield value;
}

function isEntry(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws {RecordError} */
function newUserOf({ defect, value }: FileRecord, read: Read, terms: Terms): NewUser | null {
  if (defect !== undefined) throw new RecordError('', defect);
  if (!isEntry(value)) throw new RecordError('', 'Expected an object.');
  const record = read(value);
  return record === null ? null : newUser(readRecord(record), terms);
}

/** The refused users, and what the imported ones are missing. */
function reportOf(batch: Batch, outcome: Outcome<Entry>): ReportLine[] {
  const lineOf = <Said extends object>({ number, line }: FileRecord, said: Said) => ({
    record: number,
    line,
    ...said,
  });
  return [
    ...batch.refused.map(({ record, refusal }) => lineOf(record, refusal)),
    ...outcome.refused.map(({ entry, refusal }) => lineOf(entry.record, refusal)),
    ...outcome.imported.flatMap(({ record, user }) =>
      user.leftBehind.map((one) => lineOf(record, { ...one, imported: true as const })),
    ),
  ].toSorted((one, other) => one.record - other.record);
}

interface Part {
  readonly records: readonly FileRecord[];
  readonly part: number;
  readonly isLast: boolean;
}

/** Always yields a last part, which may be empty. */
async function* batchesOf({ path, source, settings }: ImportFile, after: number): AsyncIterable<Part> {
  const { size } = await stat(path);
  const bytes = createReadStream(path);
  const records = recordsOf(bytes, source, settings);
  let batch: FileRecord[] = [];
  for await (const record of records) {
    if (record.number === 1 && isEntry(record.value)) requireSource(Object.keys(record.value), source);
    if (record.number <= after) continue;
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield { records: batch, part: size === 0 ? 1 : bytes.bytesRead / size, isLast: false };
    batch = [];
  }
  yield { records: batch, part: 1, isLast: true };
}

function recordsOf(
  bytes: AsyncIterable<unknown>,
  source: SourceName,
  { format }: SourceSettings,
): AsyncIterable<FileRecord> {
  return READERS[format](bytes as AsyncIterable<Buffer>, (names) => requireHeading(names, source));
}

function noUsers(records: number): FileUnreadableError {
  return new FileUnreadableError(
    records === 0
      ? 'The file contains no users: it has no records.'
      : `The file contains no users: none of its ${records} records describes one.`,
  );
}

/** Keeps only the code of a PostgreSQL error. */
function withoutData(error: unknown, first: number, last: number): unknown {
  const isOfDatabase = error instanceof Error && 'code' in error && 'severity' in error;
  if (isOfDatabase || error instanceof Conflict) return new BatchFailedError(first, last, String(error.code));
  return error;
}
