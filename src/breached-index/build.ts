// Builds an index in INDEX.part and renames it to INDEX when it is complete, so that a server can keep reading the old
// index and never opens an incomplete one. Every few megabytes the entries are flushed to disk, and then the header
// records the progress. After a crash, the same command resumes from there.
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
  /** Passwords seen fewer times are left out. */
  readonly leastTimes: number;
  /** Whether to discard an incomplete index instead of resuming it. */
  readonly isRestart: boolean;
  /** Called after each chunk. */
  readonly onProgress: (bytes: number, ofBytes: number) => void;
}

/**
 * @param source the path of the sorted hashes.
 * @param index the path of the index.
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
    // The source is invalid, so the incomplete index can never be finished.
    if (error instanceof SortedHashesError) await rm(part, { force: true });
    throw error;
  });
  await rename(part, index);
  return built;
}

async function openSource(path: string): Promise<FileHandle> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new SortedHashesError(`Cannot read ${path} (${error.code}).`);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new SortedHashesError(`${path} is not a file.`);
}

/** Estimates the header from the first chunk. Hashes are evenly distributed, so the rest of the file is like it. */
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

/** Only an older index may be replaced. @throws {BreachedIndexError} when the path is something else. */
async function refuseForeign(path: string): Promise<void> {
  const isThere = await stat(path).then(
    (found) => found.isFile() || Promise.reject(new BreachedIndexError(path, 'it is not a file')),
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  if (!isThere) return;
  await using file = await openOr(path, 'r');
  if ((await file.stat()).size > 0 && !(await isIndex(file))) {
    throw new BreachedIndexError(path, 'it is not an index of breached passwords, so it was left unchanged');
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
  // Create the file if it does not exist, then open it for reading and writing.
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
      'it was started from another file or with another --least-times; use --restart to discard it',
    );
  }
  if (header.progress === null) return header; // it was complete, but not renamed yet
  const builder = new IndexBuilder(path, file, header, header.progress);
  return await builder.readAll(hashes, (bytes) => onProgress(bytes, header.source.bytes));
}

class IndexBuilder {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #header: IndexHeader;
  readonly #hashes: SortedHashes;
  /** The position of the next line in the source. */
  #at: number;
  readonly #directory: DataView;
  /** How many entries of the directory are filled, and how many of those are written. */
  #filled: number;
  #written: number;
  /** The unwritten entries of one chunk. A line is at least ten times as long as its entry. */
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

  /** Fills the entry of this prefix and of the prefixes before it that have no password. */
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
      throw new SortedHashesError('The file changed while it was being read. Run the command again.');
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
