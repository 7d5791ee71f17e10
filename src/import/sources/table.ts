// A source whose export is a single table or query. A mapping names the columns. Databases write true and null in several
// ways, all of which are accepted.
import { z } from 'zod';
import { RecordError } from '../../factors/record-error.ts';
import type { FileFormat } from '../files/formats.ts';
import { readForm } from '../form.ts';
import { DISABLED, fullName, ids, type Source, timeOf } from './source.ts';

/** The column names. */
export interface TableMapping {
  readonly marks: Source['marks'];
  readonly id: string;
  readonly name: readonly string[];
  readonly email: string;
  /** True or a time when the address is verified. Null when the system does not verify addresses. */
  readonly emailVerified: string | null;
  readonly phone?: { readonly number: string; readonly verified: string };
  readonly password: string;
  readonly createdAt: string;
  /** The account is disabled if one of these is set. */
  readonly disabled?: readonly string[];
  /** Whatever a column mapping cannot express. @throws {RecordError} */
  more?(row: Row): object;
}

/** One row. A missing column counts as empty. */
export interface Row {
  /** Null when empty. */
  text(column: string): string | null;
  /** Whether the cell has a value that does not mean "no". */
  isSet(column: string): boolean;
}

const FORMATS: readonly FileFormat[] = ['csv', 'json', 'ndjson'];
const form = z.record(z.string(), z.unknown());

/** How databases, such as MySQL, write null. */
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
  if (disabled !== undefined) throw new RecordError(disabled, DISABLED);
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

/** Some systems store E.164 numbers without the plus sign. */
export function international(number: string): string {
  return /^[1-9]\d{6,14}$/.test(number) ? `+${number}` : number;
}

/** Parses a cell with a JSON list. @throws {RecordError} */
export function listIn<Item>(row: Row, column: string, item: z.ZodType<Item>): readonly Item[] {
  try {
    return z.array(item).parse(JSON.parse(row.text(column) ?? '[]') ?? []);
  } catch {
    throw new RecordError(column, 'This must be a JSON list.');
  }
}
