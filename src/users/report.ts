// The report of an import: one line of JSON for each user who was refused, with the number of the record, the path and the
// reason, and never a value.
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Refusal } from './refusal.ts';

export interface Refused extends Refusal {
  /** Of the record in its file, from 1. */
  readonly record: number;
  /** Where the format has lines. */
  readonly line: number | null;
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

export function reportLines(refused: readonly Refused[]): string {
  return refused
    .map(({ record, line, path, reason }) => `${JSON.stringify({ record, line, path, reason })}\n`)
    .join('');
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

  /** An empty one is removed: nobody was refused. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { size } = await this.#file.stat();
    await this.#file.close();
    if (size === 0) await rm(this.#path);
  }
}
