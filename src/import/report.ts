// The report of an import: one line of JSON per refused user, and one per thing that an imported user is missing. It
// has the record number, the path and the reason, but never a value.

import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Refusal } from '../factors/record-error.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { secondFactorIn } from './left-behind.ts';

export interface ReportLine extends Refusal {
  /** The number of the record in the file, from 1. */
  readonly record: number;
  /** Null for a format without lines. */
  readonly line: number | null;
  /** The user was imported, but not completely. */
  readonly imported?: true;
}

/** The first bytes of every report. */
const BEGINNING = '{"record":';

/** The file at the report's path is not a report, so it is not overwritten. */
export class NotAReportError extends OperatorError {
  readonly code = 'NOT_A_REPORT';
  constructor(path: string) {
    super(`${path} already exists and is not an import report. Choose another file with --report.`);
  }
}

export function reportLines(lines: readonly ReportLine[]): string {
  return lines
    .map(({ record, line, path, reason, secondFactors, imported }) =>
      JSON.stringify({ record, line, path, reason, secondFactors, imported }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** What users lost or would lose, according to a report: how many users, and which second factors. */
export interface Losses {
  /** Refused because of their second factors. */
  readonly refused: Loss;
  /** Imported without their second factors. */
  readonly imported: Loss;
  readonly passwords: number;
  readonly backupCodes: number;
}

interface Loss {
  readonly users: number;
  readonly secondFactors: readonly string[];
}

/** Counts the losses in the report file, because an interrupted import continues its earlier report. */
export async function lossesIn(path: string): Promise<Losses> {
  const refused = { users: 0, secondFactors: [] as string[] };
  const imported = { users: 0, secondFactors: [] as string[] };
  let passwords = 0;
  let backupCodes = 0;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    const line = JSON.parse(text) as ReportLine;
    const inPath = secondFactorIn(line.path);
    const lost = line.secondFactors ?? (inPath === null ? null : [inPath]);
    if (lost !== null) {
      const loss = line.imported ? imported : refused;
      loss.users += 1;
      loss.secondFactors.push(...lost);
    } else if (line.imported) {
      if (line.path === 'passwordHash') passwords += 1;
      else backupCodes += 1;
    }
  }
  return { refused, imported, passwords, backupCodes };
}

export class Report implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @param keptBytes the length to keep when an import continues; the rest belongs to a batch that was rolled back. */
  static async open(path: string, keptBytes: number): Promise<Report> {
    const file = await open(path, 'a+', 0o600);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
      if (bytesRead > 0 && buffer.toString('utf8', 0, bytesRead) !== BEGINNING)
        throw new NotAReportError(path);
      const { size } = await file.stat();
      await file.truncate(Math.min(size, keptBytes));
      return new Report(path, file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async append(lines: string): Promise<void> {
    if (lines !== '') await this.#file.appendFile(lines);
  }

  /** Removes the file if it is empty. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { size } = await this.#file.stat();
    await this.#file.close();
    if (size === 0) await rm(this.#path);
  }
}
