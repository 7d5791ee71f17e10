// The report of an import: one line of JSON for each user who was refused, and for each thing that a user came in without,
// with the number of the record, the path and the reason, and never a value.
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Refusal } from './refusal.ts';

export interface ReportLine extends Refusal {
  /** Of the record in its file, from 1. */
  readonly record: number;
  /** Where the format has lines. */
  readonly line: number | null;
  /** The user came in, but not with everything. */
  readonly imported?: true;
}

/** What every report begins with. */
const BEGINNING = '{"record":';

/** What is at the report's path is something else, which is left alone. */
export class NotAReport extends Error {
  override readonly name = 'NotAReport';
  constructor(path: string) {
    super(`${path} is there already and is no report of an import. Name another file with --report.`);
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

/** What a report says of users who are not what they were: how many, and which second factors are concerned. */
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

/** The path of an authenticator app that cannot come along. */
const APP = /^totp\.\d+\.secret$/;

/** Read from the report, which an import that was interrupted goes on with. */
export async function lossesIn(path: string): Promise<Losses> {
  const refused = { users: 0, secondFactors: [] as string[] };
  const imported = { users: 0, secondFactors: [] as string[] };
  let passwords = 0;
  let backupCodes = 0;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const text of lines) {
    const line = JSON.parse(text) as ReportLine;
    const lost = line.secondFactors ?? (APP.test(line.path) ? ['totp'] : null);
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

  /** @param keptBytes of a report that is gone on with; what follows them belongs to a batch that was undone. */
  static async open(path: string, keptBytes: number): Promise<Report> {
    const file = await open(path, 'a+', 0o600);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING.length), 0, BEGINNING.length, 0);
      if (bytesRead > 0 && buffer.toString('utf8', 0, bytesRead) !== BEGINNING) throw new NotAReport(path);
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

  /** An empty one is removed: there is nothing to tell. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { size } = await this.#file.stat();
    await this.#file.close();
    if (size === 0) await rm(this.#path);
  }
}
