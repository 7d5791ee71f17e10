// Stepgate's own format, which `export-users` writes and anyone can produce. In a CSV file an empty cell means no
// value, a list is JSON or separated by semicolons, and the apostrophe that protects spreadsheets from formulas is
// removed.

import type { InputField } from '../../factors/input-field.ts';
import { RecordError } from '../../factors/record-error.ts';
import { TRANSFER_FIELDS } from '../../factors/transfers.ts';
import { FileFormat } from '../files/formats.ts';
import { RECORD_FIELDS } from '../user-record.ts';
import { cell, type Source } from './source.ts';

const FLAGS = new Set(['emailVerified', 'smsFactors', ...fieldsOfType('Boolean')]);
const LISTS = new Set([
  'otherEmails',
  'phones',
  ...fieldsOfType('StringList'),
  ...fieldsOfType('JSON'),
  'otherSecondFactors',
  'roles',
]);

export const stepgate: Source = {
  formats: Object.values(FileFormat),
  columns: RECORD_FIELDS,
  marks: [],
  read: (entry, { format }) => (format === FileFormat.CSV ? ofCells(entry as Cells) : entry),
};

function fieldsOfType(type: InputField['type']): string[] {
  return Object.entries(TRANSFER_FIELDS)
    .filter(([, field]) => field.type === type)
    .map(([name]) => name);
}

type Cells = Readonly<Record<string, string>>;

function ofCells(cells: Cells): object {
  return Object.fromEntries(
    Object.entries(cells).map(([name, content]) => [name, valueOf(name, cell(content))]),
  );
}

function valueOf(name: string, content: string | null): unknown {
  if (content === null) return null;
  if (FLAGS.has(name)) return flag(name, content);
  if (!LISTS.has(name)) return content.replace(/^'(?='*[=+\-@\t\r])/, '');
  if (content.startsWith('[')) return parsed(name, content);
  const parts = content.split(';').map((part) => part.trim());
  if (name === 'otherEmails') return parts.map((address) => ({ address }));
  return name === 'phones' ? parts.map((number) => ({ number })) : parts;
}

function flag(name: string, content: string): boolean {
  if (/^(true|t|1)$/i.test(content)) return true;
  if (/^(false|f|0)$/i.test(content)) return false;
  throw new RecordError(name, 'This must be true or false.');
}

function parsed(name: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    throw new RecordError(name, 'This list is not valid JSON.');
  }
}
