// Builds an index beside where it is to be, in INDEX.part, and moves it there once it is whole: a server that reads the
// old one is not disturbed, and a half-built one is never taken for one. Every few megabytes what was written is made
// durable, and only then the header says how far it goes: after a crash the same command goes on from there.
import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { BreachedIndexError, SortedHashesError } from './index-error.ts';
import {
  type BuildProgress,
  directoryLength,
  directoryPosition,
  ENTRY_BYTES,
  entryOf,
  entryPosition,
  fingerprintOf,
  type IndexHeader,
  isIndex,
  prefixBitsFor,
  prefixOf,
  readHeader,
  writeAt,
  writeHeader,
} from './layout.ts';
import { SortedHashes } from './sorted-hashes.ts';

const CHUNK_BYTES = 1 << 20;
const CHECKPOINT_BYTES = 16 * CHUNK_BYTES;

export interface BuildOptions {
  /** Passwords that were seen less often are left out. */
  readonly leastTimes: number;
  /** Whether a half-built index is thrown away, instead of built to its end. */
  readonly isRestart: boolean;
  /** Told of each chunk. */
  readonly onProgress: (bytes: number, ofBytes: number) => void;
}

/**
 * @param source path of the sorted hashes. @param index path of what is built.
 * @returns the header of the index.
 * @throws {SortedHashesError} @throws {BreachedIndexError}
 */
export async function buildIndex(
  source: string,
  index: string,
  { leastTimes, isRestart, onProgress }: BuildOptions,
): Promise<IndexHeader> {
  const part = `${index}.part`;
  await using hashes = await openSource(source);
  const begun = await beginningOf(hashes, leastTimes);
  for (const path of [index, part]) await refuseForeign(path);
  if (isRestart) await rm(part, { force: true });
  const built = await buildPart(part, hashes, begun, onProgress).catch(async (error: unknown) => {
    // From this file nothing will ever be built.
    if (error instanceof SortedHashesError) await rm(part, { force: true });
    throw error;
  });
  await rename(part, index);
  return built;
}

async function openSource(path: string): Promise<FileHandle> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new SortedHashesError(`${path} cannot be read (${error.code}).`);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new SortedHashesError(`${path} is not a file.`);
}

/** What the first chunk tells: hashes are spread evenly, so all of the file is like it. */
async function beginningOf(hashes: FileHandle, leastTimes: number): Promise<IndexHeader> {
  const { size } = await hashes.stat();
  const { buffer, bytesRead } = await hashes.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, 0);
  const chunk = buffer.subarray(0, bytesRead);
  let kept = 0;
  const read = new SortedHashes((_head, _next, times) => {
    if (times >= leastTimes) kept += 1;
  }).read(chunk);
  return {
    prefixBits: prefixBitsFor((kept * size) / Math.max(1, read)),
    passwords: 0,
    leastTimes,
    source: { bytes: size, beginning: createHash('sha256').update(chunk).digest('hex') },
    progress: { bytes: 0, reading: null, directoryFilled: 0 },
  };
}

/** Whatever stands where the index is to be is an older one, or stays. @throws {BreachedIndexError} */
async function refuseForeign(path: string): Promise<void> {
  const isThere = await stat(path).then(
    (found) => found.isFile() || Promise.reject(new BreachedIndexError(path, 'it is not a file')),
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!isThere) return;
  await using file = await openOr(path, 'r');
  if ((await file.stat()).size > 0 && !(await isIndex(file))) {
    throw new BreachedIndexError(path, 'it is not an index of breached passwords, and stays as it is');
  }
}

async function openOr(path: string, flags: string): Promise<FileHandle> {
  return await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    throw new BreachedIndexError(path, `it cannot be opened (${error.code})`);
  });
}

async function buildPart(
  path: string,
  hashes: FileHandle,
  begun: IndexHeader,
  onProgress: BuildOptions['onProgress'],
): Promise<IndexHeader> {
  // For reading and writing, and made when it is not there.
  await using file = await openOr(path, 'a').then(async (made) => {
    await made.close();
    return await openOr(path, 'r+');
  });
  if ((await file.stat()).size === 0) await writeHeader(file, path, begun);
  const header = await readHeader(file, path);
  if (
    JSON.stringify([header.source, header.leastTimes]) !== JSON.stringify([begun.source, begun.leastTimes])
  ) {
    throw new BreachedIndexError(
      path,
      'it was begun from another file or with another --least-times; --restart throws it away',
    );
  }
  if (header.progress === null) return header; // it was broken off before it was moved
  const builder = new IndexBuilder(path, file, header, header.progress);
  return await builder.readAll(hashes, (bytes) => onProgress(bytes, header.source.bytes));
}

class IndexBuilder {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #header: IndexHeader;
  readonly #hashes: SortedHashes;
  /** Where the next line of the source begins. */
  #at: number;
  readonly #directory: DataView;
  /** Of the directory: filled, and written of that. */
  #filled: number;
  #written: number;
  /** Entries that are not written yet: those of a chunk, whose lines are at least ten times as long. */
  readonly #entries = new DataView(new ArrayBuffer(CHUNK_BYTES / 10));
  #pending = 0;
  #passwords: number;

  constructor(path: string, file: FileHandle, header: IndexHeader, progress: BuildProgress) {
    const { prefixBits, leastTimes, passwords } = header;
    this.#path = path;
    this.#file = file;
    this.#header = header;
    this.#passwords = passwords;
    this.#at = progress.bytes;
    this.#filled = this.#written = progress.directoryFilled;
    this.#directory = new DataView(new ArrayBuffer(ENTRY_BYTES * directoryLength(prefixBits)));
    this.#hashes = new SortedHashes((head, next, times) => {
      if (times < leastTimes) return;
      this.#fillDirectory(prefixOf(head, prefixBits));
      const entry = entryOf(fingerprintOf(head, next, prefixBits), times);
      this.#entries.setUint32(ENTRY_BYTES * this.#pending, entry, true);
      this.#pending += 1;
    }, progress.reading ?? undefined);
  }

  async readAll(source: FileHandle, onProgress: (bytes: number) => void): Promise<IndexHeader> {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    let checkpoint = this.#at + CHECKPOINT_BYTES;
    for (;;) {
      const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES, this.#at);
      const bytes = this.#hashes.read(chunk.subarray(0, bytesRead));
      if (bytes === 0) {
        this.#hashes.finish(chunk.subarray(0, bytesRead));
        return await this.#finish();
      }
      this.#at += bytes;
      await this.#writeEntries();
      if (this.#at >= checkpoint) {
        checkpoint = this.#at + CHECKPOINT_BYTES;
        const { state } = this.#hashes;
        await this.#makeDurable({ bytes: this.#at, reading: state, directoryFilled: this.#filled });
      }
      onProgress(this.#at);
    }
  }

  /** Of this prefix and of those before it, for which there is no password. */
  #fillDirectory(prefix: number): void {
    for (; this.#filled <= prefix; this.#filled += 1) {
      this.#directory.setUint32(ENTRY_BYTES * this.#filled, this.#passwords + this.#pending, true);
    }
  }

  async #writeEntries(): Promise<void> {
    const position = entryPosition(this.#header.prefixBits, this.#passwords);
    await this.#write(this.#entries, 0, this.#pending, position);
    this.#passwords += this.#pending;
    this.#pending = 0;
  }

  async #makeDurable(progress: BuildProgress | null): Promise<IndexHeader> {
    const [from, to] = [this.#written, this.#filled];
    await this.#write(this.#directory, from, to - from, directoryPosition(from));
    this.#written = to;
    await this.#file.datasync();
    const header = { ...this.#header, passwords: this.#passwords, progress };
    await writeHeader(this.#file, this.#path, header);
    return header;
  }

  async #finish(): Promise<IndexHeader> {
    if (this.#at !== this.#header.source.bytes) {
      throw new SortedHashesError('The file was written to while it was read.');
    }
    this.#fillDirectory(directoryLength(this.#header.prefixBits) - 1);
    const header = await this.#makeDurable(null);
    await this.#file.datasync();
    return header;
  }

  async #write(numbers: DataView, from: number, count: number, position: number): Promise<void> {
    const bytes = new Uint8Array(numbers.buffer, ENTRY_BYTES * from, ENTRY_BYTES * count);
    await writeAt(this.#file, this.#path, bytes, position);
  }
}
