// Imports a file: reads its records in order, turns each into a newcomer, and writes them batch by batch. With each batch
// the progress is kept, so that an import which was killed goes on with the next record.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { EntityManager, Sql } from '../persistence/orm.ts';
import { Conflict } from '../persistence/settlement.ts';
import { digest } from '../platform/digest.ts';
import { READERS } from './files/formats.ts';
import type { FileRecord } from './files/record-file.ts';
import { type Newcomer, newcomer, type Terms } from './newcomer.ts';
import { advance, type Progress } from './progress.ts';
import { readRecord } from './record.ts';
import { RecordRefused, type Refusal } from './refusal.ts';
import { rehearse, type Write } from './rehearsal.ts';
import { Report, reportLines } from './report.ts';
import { SOURCES, type SourceName } from './sources/list.ts';
import type { SourceSettings } from './sources/source.ts';
import { type Outcome, takeIn } from './take-in.ts';

/** Records that are written in one transaction. */
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
  /** Everything is done and nothing stays. */
  readonly isDryRun: boolean;
  /** Told after each batch. @param part of the file that was read, from 0 to 1. */
  readonly onProgress: (progress: Progress, part: number) => void;
}

/** PostgreSQL does not take a batch. Its own words are not repeated: they may hold a row. */
export class BatchFailed extends Error {
  override readonly name = 'BatchFailed';
  constructor(first: number, last: number, code: string) {
    super(
      `The database does not take records ${first} to ${last} (${code}). What is before them is done; the same command goes on from there.`,
    );
  }
}

/** The same for the same file, read in the same way for the same tenant. */
export async function importIdOf({ path, source, settings }: ImportFile, terms: Terms): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const { tenantId, trustUnverified, acceptFastHashes } = terms;
  const content = hash.digest('base64url');
  return digest(JSON.stringify([content, tenantId, source, settings, trustUnverified, acceptFastHashes]));
}

/** @param from where to go on. @returns where it ends. @throws {FileUnreadable} @throws {Overtaken} */
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

  async function writeBatch(write: Write, batch: Batch): Promise<void> {
    let next = progress;
    await write(terms.tenantId, batch.entries, async (sql, outcome) => {
      const lines = reportLines(refusedOf(batch, outcome));
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
      throw told(error, progress.records + 1, progress.records + batch.records);
    });
    progress = next;
  }

  async function writeAll(write: Write): Promise<void> {
    for await (const { records, part, isLast } of batchesOf(file, from.records)) {
      await writeBatch(write, batchOf(records, isLast, file, terms));
      run.onProgress(progress, part);
    }
  }

  if (isDryRun) await rehearse(em, writeAll);
  else await writeAll((...batch) => takeIn(em, ...batch));
  return progress;
}

interface Entry {
  readonly record: FileRecord;
  readonly newcomer: Newcomer;
}

interface RefusedRecord {
  readonly record: FileRecord;
  readonly refusal: Refusal;
}

interface Batch {
  /** How many records it has, with those that describe no user. */
  readonly records: number;
  readonly entries: readonly Entry[];
  readonly refused: readonly RefusedRecord[];
  readonly isLast: boolean;
}

function batchOf(records: readonly FileRecord[], isLast: boolean, file: ImportFile, terms: Terms): Batch {
  const entries: Entry[] = [];
  const refused: RefusedRecord[] = [];
  for (const record of records) {
    try {
      const read = newcomerOf(record, file, terms);
      if (read !== null) entries.push({ record, newcomer: read });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      refused.push({ record, refusal: error.refusal });
    }
  }
  return { records: records.length, entries, refused, isLast };
}

/** @throws {RecordRefused} */
function newcomerOf({ defect, value }: FileRecord, { source, settings }: ImportFile, terms: Terms) {
  if (defect !== undefined) throw new RecordRefused('', defect);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RecordRefused('', 'A user is an object.');
  }
  const record = SOURCES[source].read(value, settings);
  return record === null ? null : newcomer(readRecord(record), terms);
}

function refusedOf(batch: Batch, outcome: Outcome<Entry>) {
  const taken = outcome.refused.map(({ entry, refusal }) => ({ record: entry.record, refusal }));
  return [...batch.refused, ...taken]
    .map(({ record, refusal }) => ({ record: record.number, line: record.line, ...refusal }))
    .toSorted((one, other) => one.record - other.record);
}

interface Read {
  readonly records: readonly FileRecord[];
  readonly part: number;
  readonly isLast: boolean;
}

/** The last one is always there, and may be empty. */
async function* batchesOf({ path, source, settings }: ImportFile, after: number): AsyncIterable<Read> {
  const { size } = await stat(path);
  const bytes = createReadStream(path);
  const records = READERS[settings.format](bytes as AsyncIterable<Buffer>, SOURCES[source].columns);
  let batch: FileRecord[] = [];
  for await (const record of records) {
    if (record.number <= after) continue;
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield { records: batch, part: size === 0 ? 1 : bytes.bytesRead / size, isLast: false };
    batch = [];
  }
  yield { records: batch, part: 1, isLast: true };
}

/** What PostgreSQL says is cut down to its code. */
function told(error: unknown, first: number, last: number): unknown {
  const isOfDatabase = error instanceof Error && 'code' in error && 'severity' in error;
  if (isOfDatabase || error instanceof Conflict) return new BatchFailed(first, last, String(error.code));
  return error;
}
