// The contract of a source: one system whose export is read. It turns an entry of the export into a record, and knows
// nothing of where the entry stood or of what becomes of the record. A new source is one file and a line in the list; of a
// table with a column for each thing it is a mapping and no more (table.ts).
import { ForeignHashRefused } from '../../factors/password/foreign/scheme.ts';
import type { FileFormat } from '../files/formats.ts';
import { RecordRefused } from '../refusal.ts';
import type { FirebaseHashConfig } from './firebase-hash-config.ts';

export interface SourceSettings {
  readonly format: FileFormat;
  /** What a Firebase project's hashes were made with. */
  readonly firebaseHash: FirebaseHashConfig | null;
}

export interface Source {
  /** In which its export comes. */
  readonly formats: readonly FileFormat[];
  /** The columns that a file with columns may have; null: it may have others, which are left alone. */
  readonly columns: readonly string[] | null;
  /** Sets of fields, each of which an entry of this system alone has. */
  readonly marks: readonly (readonly string[])[];
  readonly read: ReadEntry;
  /** For a system that keeps second factors in entries of their own: reads through all of them before. */
  survey?(entries: AsyncIterable<object>): Promise<ReadEntry>;
}

/**
 * A record, not yet checked; null when the entry describes no user. A second factor that cannot come along is named in
 * `otherSecondFactors`. @throws {RecordRefused}
 */
export type ReadEntry = (entry: object, settings: SourceSettings) => object | null;

/** Whoever was shut out there must not come in here, where nothing says so. */
export const DISABLED = 'This account is disabled where it comes from. Enable it there, or leave it behind.';

/** An id of theirs; one that is a UUID goes on being the user's id. */
export function ids(id: string | null | undefined): { readonly id?: string; readonly externalId?: string } {
  if (!id) return {};
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? { id, externalId: id }
    : { externalId: id };
}

/** Jane Doe, of what there is of it; null when there is nothing. */
export function fullName(...parts: readonly (string | null | undefined)[]): string | null {
  const name = parts
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ');
  return name === '' ? null : name;
}

/** Null for an empty cell. */
export function cell(text: string | null | undefined): string | null {
  return text == null || text.trim() === '' ? null : text.trim();
}

/** Milliseconds since 1970, or anything that is a date, as a record has it; null when it is none. */
export function timeOf(time: string | number | null | undefined): string | null {
  if (time == null || time === '') return null;
  const date = new Date(/^\d+$/.test(String(time)) ? Number(time) : time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** A hash that has to be put together. @throws {RecordRefused} */
export function hashOf<Hash extends string | null>(make: () => Hash): Hash {
  try {
    return make();
  } catch (error) {
    if (error instanceof ForeignHashRefused) throw new RecordRefused('passwordHash', error.message);
    throw error;
  }
}
