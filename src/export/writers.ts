// The formats in which users are exported, one page at a time.
import { stringify } from 'csv-stringify/sync';
import { RECORD_FIELDS } from '../import/user-record.ts';
import type { WrittenRecord } from './users.ts';

export interface Writer {
  readonly heading: string;
  page(records: readonly WrittenRecord[]): string;
}

const ndjson: Writer = {
  heading: '',
  page: (records) => records.map((record) => `${JSON.stringify(record)}\n`).join(''),
};

const csv: Writer = {
  heading: stringify([[...RECORD_FIELDS]]),
  page: (records) => stringify(records.map((record) => RECORD_FIELDS.map((field) => cellOf(record[field])))),
};

export const WRITERS = { ndjson, csv } as const;

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return JSON.stringify(value);
  // A spreadsheet would run a cell that starts with one of these as a formula. An apostrophe marks it as text.
  return /^'*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}
