// A file as the downloader of Pwned Passwords writes it, of as many hashes as wanted, in order and evenly spread, among
// them those of passwords that a test knows. The same at each run.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

export interface SortedFile {
  /** Hashes of no password that anybody knows. */
  readonly others: number;
  readonly passwords?: ReadonlyMap<string, number>;
  /** Windows ends lines with CRLF, as the API does. */
  readonly lineEnd?: '\n' | '\r\n';
  readonly isLowerCase?: boolean;
}

const PLACES = 2 ** 52;
const LINES_AT_ONCE = 20_000;

/** What follows the first 13 digits. */
const TAILS = Array.from({ length: 997 }, (_, at) => digest(`tail ${at}`).slice(13));

function digest(text: string): string {
  return createHash('sha1').update(text).digest('hex').toUpperCase();
}

export async function writeSortedFile(
  path: string,
  { others, passwords = new Map(), lineEnd = '\r\n', isLowerCase = false }: SortedFile,
): Promise<void> {
  const known = [...passwords].map(([password, times]) => `${digest(password)}:${times}`).toSorted();
  const file = createWriteStream(path);
  const step = PLACES / others;
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const text = `${lines.join(lineEnd)}${lineEnd}`;
    lines = [];
    if (!file.write(isLowerCase ? text.toLowerCase() : text)) await once(file, 'drain');
  };
  let next = 0;
  for (let at = 0; at < others; at += 1) {
    const place = Math.floor(at * step + ((at * 7919) % 997) * (step / 998));
    const line = `${digits(place / 2 ** 28, 6)}${digits(place % 2 ** 28, 7)}${TAILS[at % 997]}:${1 + (at % 40)}`;
    while (next < known.length && (known[next] ?? '') < line) lines.push(known[next++] ?? '');
    lines.push(line);
    if (lines.length >= LINES_AT_ONCE) await flush();
  }
  lines.push(...known.slice(next));
  await flush();
  file.end();
  await once(file, 'close');
}

function digits(value: number, count: number): string {
  return Math.floor(value).toString(16).toUpperCase().padStart(count, '0');
}
