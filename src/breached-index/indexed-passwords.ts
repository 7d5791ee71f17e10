// Looks up passwords in an index, which is a local file, so nothing leaves the machine. Each look-up takes two
// asynchronous reads, which do not block the event loop.
import { type FileHandle, open, stat } from 'node:fs/promises';
import { BreachedIndexError } from './index-error.ts';
import {
  directoryPosition,
  ENTRY_BYTES,
  entryPosition,
  fingerprintIn,
  fingerprintOf,
  type IndexHeader,
  indexBytes,
  prefixOf,
  readHeader,
  timesIn,
} from './layout.ts';
import { passwordHash } from './password-hash.ts';

/** How often a password was seen, rounded down to a power of two. */
export interface Found {
  readonly times: number;
}

export class IndexedPasswords {
  readonly header: IndexHeader;
  readonly #name: string;
  readonly #file: FileHandle;

  private constructor(name: string, file: FileHandle, header: IndexHeader) {
    this.#name = name;
    this.#file = file;
    this.header = header;
  }

  /**
   * @param name the name of the index in messages to the operator.
   * @throws {BreachedIndexError}
   */
  static async open(path: string, name: string): Promise<IndexedPasswords> {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new BreachedIndexError(
        name,
        error.code === 'ENOENT' ? 'the file does not exist' : `${error.code}`,
      );
    });
    if (!found.isFile()) throw new BreachedIndexError(name, 'it is not a file');
    const file = await open(path).catch((error: NodeJS.ErrnoException) => {
      throw new BreachedIndexError(name, `it cannot be opened (${error.code})`);
    });
    try {
      const header = await readHeader(file, name);
      if (header.progress !== null) {
        const remedy = 'run the command that builds it again to finish it';
        throw new BreachedIndexError(name, `it is incomplete; ${remedy}`);
      }
      if (found.size !== indexBytes(header)) throw new BreachedIndexError(name, 'it is truncated');
      return new IndexedPasswords(name, file, header);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Null when the index does not contain the password.
   *
   * @param password the password after NFC normalisation.
   * @throws {BreachedIndexError} when the file cannot be read any more.
   */
  async find(password: string): Promise<Found | null> {
    const { prefixBits } = this.header;
    const hash = passwordHash(password);
    const head = hash.readUIntBE(0, 3);
    const prefix = prefixOf(head, prefixBits);
    const bounds = await this.#read(directoryPosition(prefix), 2);
    const [from, to] = [bounds.getUint32(0, true), bounds.getUint32(ENTRY_BYTES, true)];
    if (from > to || to > this.header.passwords) throw this.#damaged();
    const entries = await this.#read(entryPosition(prefixBits, from), to - from);
    return search(entries, fingerprintOf(head, hash.readUInt32BE(3) >>> 4, prefixBits));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #read(position: number, count: number): Promise<DataView> {
    const numbers = new DataView(new ArrayBuffer(ENTRY_BYTES * count));
    const { bytesRead } = await this.#file
      .read(numbers, 0, numbers.byteLength, position)
      .catch((error: NodeJS.ErrnoException) => {
        throw new BreachedIndexError(this.#name, `it cannot be read (${error.code})`);
      });
    if (bytesRead !== numbers.byteLength) throw this.#damaged();
    return numbers;
  }

  #damaged(): BreachedIndexError {
    return new BreachedIndexError(this.#name, 'it is damaged');
  }
}

/** Binary search: the entries are sorted. */
function search(entries: DataView, fingerprint: number): Found | null {
  let [from, to] = [0, entries.byteLength / ENTRY_BYTES];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const entry = entries.getUint32(ENTRY_BYTES * middle, true);
    if (fingerprintIn(entry) === fingerprint) return { times: timesIn(entry) };
    if (fingerprintIn(entry) < fingerprint) from = middle + 1;
    else to = middle;
  }
  return null;
}
