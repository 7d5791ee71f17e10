// The contract of a source, a system whose export can be imported. A source turns an entry of the export into a record,
// and depends neither on the file format nor on what happens to the record. To add one, write one file and add it to
// the list. For a plain table, a mapping is enough (table.ts).
import { LegacyHashError } from '../../factors/password/legacy-hash/scheme.ts';
import { RecordError } from '../../factors/record-error.ts';
import type { FileFormat } from '../files/formats.ts';
import type { FirebaseHashConfig } from './firebase-hash-config.ts';

export interface SourceSettings {
  readonly format: FileFormat;
  /** The hash parameters of a Firebase project. */
  readonly firebaseHash: FirebaseHashConfig | null;
}

export interface Source {
  /** The formats of its export. */
  readonly formats: readonly FileFormat[];
  /** The columns that are allowed; null ignores unknown columns. */
  readonly columns: readonly string[] | null;
  /** Sets of fields, each of which occurs only in entries of this system. */
  readonly marks: readonly (readonly string[])[];
  readonly read: ReadEntry;
  /** Reads the whole file first, for a system that keeps second factors in separate entries. */
  survey?(entries: AsyncIterable<object>): Promise<ReadEntry>;
}

/**
 * Returns a record, not yet validated, or null when the entry does not describe a user. Names the second factors that
 * cannot be imported in `otherSecondFactors`. @throws {RecordError}
 */
export type ReadEntry = (entry: object, settings: SourceSettings) => object | null;

/** A user who was locked out of the source system must not get access here. */
export const DISABLED =
  'This account is disabled in the source system. Enable it there, or remove it from the file.';

/** The id in the source system. A UUID is kept as the user's id. */
export function ids(id: string | null | undefined): { readonly id?: string; readonly externalId?: string } {
  if (!id) return {};
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? { id, externalId: id }
    : { externalId: id };
}

/** Joins the parts that are present, for example Jane Doe; null when none is. */
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

/** Converts milliseconds since 1970, or any date string, to the format of a record; null for an invalid date. */
export function timeOf(time: string | number | null | undefined): string | null {
  if (time == null || time === '') return null;
  const date = new Date(/^\d+$/.test(String(time)) ? Number(time) : time);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** Runs a function that assembles a hash from its parts. @throws {RecordError} */
export function hashOf<Hash extends string | null>(make: () => Hash): Hash {
  try {
    return make();
  } catch (error) {
    if (error instanceof LegacyHashError) throw new RecordError('passwordHash', error.message);
    throw error;
  }
}
