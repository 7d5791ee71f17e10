// A source whose export is one table of users, or a query of it: a mapping says which column holds what. Databases write
// what is true, and what is nothing, in several ways.
import { z } from 'zod';
import type { FileFormat } from '../files/formats.ts';
import { readForm } from '../form.ts';
import { RecordRefused } from '../refusal.ts';
import { DISABLED, fullName, ids, type Source, timeOf } from './source.ts';

/** The names of columns. */
export interface TableMapping {
  readonly marks: Source['marks'];
  readonly id: string;
  readonly name: readonly string[];
  readonly email: string;
  /** Set, or a time, when the address was verified. Null: the system does not verify addresses. */
  readonly emailVerified: string | null;
  readonly phone?: { readonly number: string; readonly verified: string };
  readonly password: string;
  readonly createdAt: string;
  /** Each is set when the account is disabled. */
  readonly disabled?: readonly string[];
  /** What the system's secrets and hashes need more than a column. @throws {RecordRefused} */
  more?(row: Row): object;
}

/** One row. A column that is not there is one that is empty. */
export interface Row {
  /** Null when there is nothing in it. */
  text(column: string): string | null;
  /** Whether there is something in it that does not mean "no". */
  isSet(column: string): boolean;
}

const FORMATS: readonly FileFormat[] = ['csv', 'json', 'ndjson'];
const form = z.record(z.string(), z.unknown());

/** MySQL writes these for what is not there. */
const NOTHING = ['', 'NULL', '\\N'];

export function table(mapping: TableMapping): Source {
  return {
    formats: FORMATS,
    columns: null,
    marks: mapping.marks,
    read: (entry) => recordOf(rowOf(readForm(form, entry)), mapping),
  };
}

function rowOf(cells: Readonly<Record<string, unknown>>): Row {
  const text = (column: string): string | null => {
    const value = cells[column];
    if (value === undefined || value === null) return null;
    const written = (typeof value === 'string' ? value : JSON.stringify(value)).trim();
    return NOTHING.includes(written) ? null : written;
  };
  return { text, isSet: (column) => !/^(false|f|0|no|n)$/i.test(text(column) ?? 'no') };
}

function recordOf(row: Row, mapping: TableMapping): object {
  const disabled = mapping.disabled?.find(row.isSet);
  if (disabled !== undefined) throw new RecordRefused(disabled, DISABLED);
  const { phone, emailVerified } = mapping;
  const number = phone !== undefined && row.isSet(phone.verified) ? row.text(phone.number) : null;
  return {
    ...ids(row.text(mapping.id)),
    name: fullName(...mapping.name.map(row.text)),
    email: row.text(mapping.email),
    emailVerified: emailVerified !== null && row.isSet(emailVerified),
    phones: number === null ? [] : [{ number: international(number) }],
    passwordHash: row.text(mapping.password),
    createdAt: timeOf(row.text(mapping.createdAt)),
    ...mapping.more?.(row),
  };
}

/** Some keep E.164 without its plus. */
export function international(number: string): string {
  return /^[1-9]\d{6,14}$/.test(number) ? `+${number}` : number;
}

/** A cell that holds a list as JSON. @throws {RecordRefused} */
export function listIn<Item>(row: Row, column: string, item: z.ZodType<Item>): readonly Item[] {
  try {
    return z.array(item).parse(JSON.parse(row.text(column) ?? '[]') ?? []);
  } catch {
    throw new RecordRefused(column, 'This must be a list, as JSON.');
  }
}
