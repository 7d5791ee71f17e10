// The file format of an index, which contains an offline copy of Pwned Passwords. Numbers are little-endian:
//
//   4096 bytes                the header: a line that identifies the format, then JSON
//   4 × (2^prefixBits + 1)    the directory: for each prefix, the number of entries before its first one
//   4 × passwords             the entries, sorted by hash: the 27 bits of the hash that follow the prefix, and in the
//                             lowest 5 bits how often the password was seen, as a power of two
//
// A look-up takes two reads. Because the entries do not contain the whole hash, at most one password in half a million
// is mistaken for a breached one.
import type { FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { BreachedIndexError } from './index-error.ts';

const TITLE = 'stepgate breached passwords';
const FIRST_LINE = `${TITLE}, version 1\n`;
const HEADER_BYTES = 4096;

export const ENTRY_BYTES = 4;
/** The head is the first bits of a hash and contains the prefix. The fingerprint is the bits after the prefix. */
const HEAD_BITS = 24;
const FINGERPRINT_BITS = 27;
const TIMES_BITS = 5;
/** The prefix is chosen so that about 200 passwords share it, which is a read of less than a page. */
const PASSWORDS_PER_PREFIX = 200;

const HASH = z.string().regex(/^[0-9a-f]{40}$/);
const WHOLE = z.int().min(0);

const HEADER = z.object({
  prefixBits: z.int().min(0).max(HEAD_BITS),
  passwords: WHOLE,
  leastTimes: z.int().min(1),
  /** The file of hashes that it is built from. */
  source: z.object({ bytes: WHOLE, beginning: z.string() }),
  /** How far the build has got. Null when it is complete. */
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

/** Whether a file is an index of any version, complete or not. */
export async function isIndex(file: FileHandle): Promise<boolean> {
  return (await readStart(file)).startsWith(TITLE);
}

/** @param index its path or name, as the operator knows it. @throws {BreachedIndexError} */
export async function readHeader(file: FileHandle, index: string): Promise<IndexHeader> {
  const start = await readStart(file);
  if (!start.startsWith(TITLE)) {
    throw new BreachedIndexError(index, 'it is not an index of breached passwords');
  }
  if (!start.startsWith(FIRST_LINE)) {
    throw new BreachedIndexError(index, 'it was built by another version, so build it again');
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

/** @throws {BreachedIndexError} when not all bytes can be written. */
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
  // A full disk accepts part of a write and reports an error only at the next one.
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

/** The probability that a password outside the index is mistaken for one in it. */
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

/** @param times how often the password was seen, at least 1. Larger values than a GraphQL Int are reduced to fit. */
export function entryOf(fingerprint: number, times: number): number {
  return ((fingerprint << TIMES_BITS) | Math.floor(Math.log2(Math.min(times, 2 ** 31 - 1)))) >>> 0;
}

export function fingerprintIn(entry: number): number {
  return entry >>> TIMES_BITS;
}

/** How often the password was seen, rounded down to a power of two. */
export function timesIn(entry: number): number {
  return 2 ** (entry & (2 ** TIMES_BITS - 1));
}
