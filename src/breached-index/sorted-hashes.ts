// Reads the file that the downloader of Pwned Passwords writes: a line `HASH:COUNT` for each password, sorted by SHA-1
// hash. It has a billion lines, so the parser works on bytes and makes no string of a valid line. Invalid lines are
// rejected with their number, and so is a file with missing parts.
import { SortedHashesError } from './index-error.ts';

const HASH_DIGITS = 40;
const NTLM_DIGITS = 32;
const MOST_COUNT_DIGITS = 12;
/** A hash, a colon, the count, CR and LF. */
const LONGEST_LINE = HASH_DIGITS + MOST_COUNT_DIGITS + 3;
const [LF, CR, COLON, ZERO] = [0x0a, 0x0d, 0x3a, 0x30];

/** The place of a hash is its first 52 bits. */
const PLACES = 2 ** 52;
/** Hashes are evenly distributed. The probability of a gap this many times wider than the average is e^-60. */
const WIDEST_GAP = 60;

/** The value of each byte as a hexadecimal digit, or -1 if it is not one. */
const DIGIT_VALUES = Int8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[0-9a-f]/i.test(character) ? Number.parseInt(character, 16) : -1;
});

/** Reads at most seven hexadecimal digits. Negative when one of them is not a digit. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = (value << 4) | (DIGIT_VALUES[bytes[at] ?? 0] ?? -1);
  return value;
}

/** Receives each hash. @param head its first 24 bits. @param next the 28 bits after them. */
export type TakeHash = (head: number, next: number, times: number) => void;

/** The state from which reading can resume. */
export interface ReadingState {
  readonly lines: number;
  readonly lastHash: string | null;
  readonly widestGap: { readonly width: number; readonly before: string | null };
}

const BEGINNING: ReadingState = { lines: 0, lastHash: null, widestGap: { width: 0, before: null } };

export class SortedHashes {
  readonly #take: TakeHash;
  #lines: number;
  #lastHash: string | null;
  /** The place of the last hash. 0 before the first one. */
  #place: number;
  #widestGap: ReadingState['widestGap'];

  constructor(take: TakeHash, { lines, lastHash, widestGap }: ReadingState = BEGINNING) {
    this.#take = take;
    this.#lines = lines;
    this.#lastHash = lastHash;
    this.#place = lastHash === null ? 0 : Number.parseInt(lastHash.slice(0, 13), 16);
    this.#widestGap = widestGap;
  }

  get state(): ReadingState {
    return { lines: this.#lines, lastHash: this.#lastHash, widestGap: this.#widestGap };
  }

  /** Reads every complete line in `bytes`. @returns the number of bytes read. @throws {SortedHashesError} */
  read(bytes: Buffer): number {
    let at = 0;
    let last = -1; // the position of the previous hash
    while (bytes.length - at >= LONGEST_LINE || bytes.includes(LF, at)) {
      const head = digits(bytes, at, at + 6);
      const next = digits(bytes, at + 6, at + 13);
      const rest =
        digits(bytes, at + 13, at + 20) |
        digits(bytes, at + 20, at + 27) |
        digits(bytes, at + 27, at + 34) |
        digits(bytes, at + 34, at + HASH_DIGITS);
      const count = at + HASH_DIGITS + 1;
      let end = count;
      let times = 0;
      for (; isDigit(bytes[end]); end += 1) times = times * 10 + (bytes[end] ?? 0) - ZERO;
      const isCount = times > 0 && end - count <= MOST_COUNT_DIGITS;
      if (bytes[end] === CR) end += 1;
      if ((head | next | rest) < 0 || bytes[count - 1] !== COLON || !isCount || bytes[end] !== LF) {
        throw this.#malformed(bytes.subarray(at));
      }
      const place = head * 2 ** 28 + next;
      // A few hashes share a place.
      if (place <= this.#place && !this.#isAfterLast(bytes, at, last)) {
        throw this.#error('its hash is not greater than the previous one. The file must be sorted by hash');
      }
      if (place - this.#place > this.#widestGap.width) {
        this.#widestGap = { width: place - this.#place, before: hashAt(bytes, at) };
      }
      this.#take(head, next, times);
      this.#lines += 1;
      this.#place = place;
      last = at;
      at = end + 1;
    }
    if (last >= 0) this.#lastHash = hashAt(bytes, last);
    return at;
  }

  /** Call it at the end of the file. @param rest the bytes after the last complete line. @throws {SortedHashesError} */
  finish(rest: Buffer): void {
    if (rest.length > 0) throw this.#error('it is incomplete. The file is truncated');
    if (this.#lines === 0) throw new SortedHashesError('The file contains no hashes.');
    const atEnd = PLACES - this.#place;
    const { width, before } =
      atEnd > this.#widestGap.width ? { width: atEnd, before: null } : this.#widestGap;
    if ((width * this.#lines) / PLACES < WIDEST_GAP) return;
    const missing = Math.round((width * this.#lines) / (PLACES - width));
    const where = before === null ? 'at the end' : `before ${before.slice(0, 5).toUpperCase()}`;
    throw new SortedHashesError(
      `About ${missing} hashes are missing ${where}. The download is incomplete. Download the file again.`,
    );
  }

  #isAfterLast(bytes: Buffer, at: number, last: number): boolean {
    const before = last < 0 ? this.#lastHash : hashAt(bytes, last);
    return before === null || hashAt(bytes, at) > before;
  }

  #malformed(line: Buffer): SortedHashesError {
    return digits(line, 0, 7) >= 0 && line[NTLM_DIGITS] === COLON
      ? this.#error('it is an NTLM hash of 32 digits. Download the SHA-1 hashes')
      : this.#error('it must be a SHA-1 hash of 40 hexadecimal digits, a colon and a count of at least 1');
  }

  #error(reason: string): SortedHashesError {
    return new SortedHashesError(`Line ${this.#lines + 1} is invalid: ${reason}.`);
  }
}

function isDigit(byte = 0): boolean {
  return byte >= ZERO && byte < ZERO + 10;
}

function hashAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + HASH_DIGITS).toLowerCase();
}
