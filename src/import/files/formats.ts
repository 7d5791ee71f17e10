// The file formats, and the reader of each.
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readNdjson } from './ndjson.ts';
import type { Reader } from './record-file.ts';

export const FileFormat = { NDJSON: 'ndjson', CSV: 'csv', JSON: 'json' } as const;
export type FileFormat = (typeof FileFormat)[keyof typeof FileFormat];

export const READERS: Readonly<Record<FileFormat, Reader>> = {
  ndjson: readNdjson,
  csv: readCsv,
  json: readJson,
};

const EXTENSIONS: Readonly<Record<string, FileFormat>> = {
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  csv: 'csv',
  json: 'json',
};

/** The format by file extension, or null for an unknown one. */
export function formatOf(path: string): FileFormat | null {
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return EXTENSIONS[extension] ?? null;
}
