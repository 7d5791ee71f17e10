// A file like that of the Pwned Passwords downloader, with any number of sorted, evenly distributed hashes, including
// those of given passwords. It is the same on each run.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

export interface SortedFile {
  /** Hashes without a known password. */
  readonly others: number;
  readonly passwords?: ReadonlyMap<string, number>;
  /** Lines end with CRLF on Windows, as in the API. */
  readonly lineEnd?: '\n' | '\r\n';
  readonly isLowerCase?: boolean;
}

const PLACES = 2 ** 52;
const LINES_AT_ONCE = 20_000;

/** The digits after the first 13. */
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
