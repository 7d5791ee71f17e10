// The file of an index, which an offline copy of Pwned Passwords is packed into. Numbers are little-endian:
//
//   4096 bytes                the header: a line that says what this is, then JSON
//   4 × (2^prefixBits + 1)    the directory: how many passwords stand before those whose hash begins with these bits
//   4 × passwords             the entries, in the order of their hashes: the 27 bits of the hash that follow the prefix,
//                             and in the lowest 5 bits how often the password was seen, as a power of two
//
// A password is looked up by two reads. Bits of the hash that are not kept are why one password in half a
// million or more is taken for another, breached one.
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { BreachedIndexError } from './index-error.ts';

const TITLE = 'stepgate breached passwords';
const FIRST_LINE = `${TITLE}, version 1\n`;
const HEADER_BYTES = 4096;

export const ENTRY_BYTES = 4;
/** The first bits of a hash, of which the prefix is a part, and those after them. */
const HEAD_BITS = 24;
const FINGERPRINT_BITS = 27;
const TIMES_BITS = 5;
/** The prefix is long enough for some 200 passwords to share it: a read of less than a page. */
const PASSWORDS_PER_PREFIX = 200;

const HASH = z.string().regex(/^[0-9a-f]{40}$/);
const WHOLE = z.int().min(0);

const HEADER = z.object({
  prefixBits: z.int().min(0).max(HEAD_BITS),
  passwords: WHOLE,
  leastTimes: z.int().min(1),
  /** Of which file of hashes it is made. */
  source: z.object({ bytes: WHOLE, beginning: z.string() }),
  /** How far its building has come; null when it is whole. */
  progress: z
    .object({
      bytes: WHOLE,
      reading: z
        .object({
          lines: WHOLE,
          lastHash: HASH.nullable(),
          widestGap: z.object({ width: WHOLE, before: HASH.nullable() }),
        })
        .nullable(),
      directoryFilled: WHOLE,
    })
    .nullable(),
});

export type IndexHeader = Readonly<z.infer<typeof HEADER>>;
export type BuildProgress = NonNullable<IndexHeader['progress']>;

/** Whether a file is an index of some version, whole or not. */
export async function isIndex(file: FileHandle): Promise<boolean> {
  return (await readStart(file)).startsWith(TITLE);
}

/** @param index as its operator knows it. @throws {BreachedIndexError} */
export async function readHeader(file: FileHandle, index: string): Promise<IndexHeader> {
  const start = await readStart(file);
  if (!start.startsWith(TITLE)) {
    throw new BreachedIndexError(index, 'it is not an index of breached passwords');
  }
  if (!start.startsWith(FIRST_LINE)) {
    throw new BreachedIndexError(index, 'it was built by another version, so build it anew');
  }
  try {
    return HEADER.parse(JSON.parse(start.slice(FIRST_LINE.length).replace(/\0+$/, '')));
  } catch {
    throw new BreachedIndexError(index, 'its header is damaged');
  }
}

async function readStart(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.toString('utf8', 0, bytesRead);
}

export async function writeHeader(file: FileHandle, index: string, header: IndexHeader): Promise<void> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(FIRST_LINE + JSON.stringify(header));
  await writeAt(file, index, bytes, 0);
}

/** @throws {BreachedIndexError} when it is not written to its end. */
export async function writeAt(
  file: FileHandle,
  index: string,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  const { bytesWritten } = await file
    .write(bytes, 0, bytes.length, position)
    .catch((error: NodeJS.ErrnoException) => {
      throw new BreachedIndexError(index, `it cannot be written (${error.code})`);
    });
  // A disk takes what it has room for, and complains only at the next write.
  if (bytesWritten < bytes.length) throw new BreachedIndexError(index, 'it cannot be written (disk full)');
}

export function prefixBitsFor(passwords: number): number {
  const bits = Math.round(Math.log2(Math.max(1, passwords) / PASSWORDS_PER_PREFIX));
  return Math.min(Math.max(0, bits), HEAD_BITS);
}

export function directoryLength(prefixBits: number): number {
  return 2 ** prefixBits + 1;
}

export function directoryPosition(prefix: number): number {
  return HEADER_BYTES + ENTRY_BYTES * prefix;
}

export function entryPosition(prefixBits: number, entry: number): number {
  return directoryPosition(directoryLength(prefixBits)) + ENTRY_BYTES * entry;
}

export function indexBytes({ prefixBits, passwords }: IndexHeader): number {
  return entryPosition(prefixBits, passwords);
}

/** How likely a password that is not among them is taken for one that is. */
export function falsePositiveRate({ prefixBits, passwords }: IndexHeader): number {
  return passwords / 2 ** (prefixBits + FINGERPRINT_BITS);
}

/** @param head the first 24 bits of a hash. */
export function prefixOf(head: number, prefixBits: number): number {
  return head >>> (HEAD_BITS - prefixBits);
}

/** @param next the 28 bits of the hash that follow the head. */
export function fingerprintOf(head: number, next: number, prefixBits: number): number {
  const rest = head & (2 ** (HEAD_BITS - prefixBits) - 1);
  return (rest << (FINGERPRINT_BITS - HEAD_BITS + prefixBits)) | (next >>> (HEAD_BITS + 1 - prefixBits));
}

/** @param times how often the password was seen: at least once. What a GraphQL Int does not hold is cut down. */
export function entryOf(fingerprint: number, times: number): number {
  return ((fingerprint << TIMES_BITS) | Math.floor(Math.log2(Math.min(times, 2 ** 31 - 1)))) >>> 0;
}

export function fingerprintIn(entry: number): number {
  return entry >>> TIMES_BITS;
}

/** The highest power of two that is not more often than the password was seen. */
export function timesIn(entry: number): number {
  return 2 ** (entry & (2 ** TIMES_BITS - 1));
}
