// Reads what the downloader of Pwned Passwords writes: a line `HASH:COUNT` for each password, in the order of their
// SHA-1 hashes. There are a billion lines, so it looks at bytes and makes no string of a line that is right. It refuses
// whatever is not so, with the number of the line, and a file of which a part is missing.
import { SortedHashesError } from './index-error.ts';

const HASH_DIGITS = 40;
const NTLM_DIGITS = 32;
const MOST_COUNT_DIGITS = 12;
/** A hash, a colon, the count, CR and LF. */
const LONGEST_LINE = HASH_DIGITS + MOST_COUNT_DIGITS + 3;
const [LF, CR, COLON, ZERO] = [0x0a, 0x0d, 0x3a, 0x30];

/** The first 52 bits of a hash are its place among all. */
const PLACES = 2 ** 52;
/** Hashes are spread evenly. A gap that is so many times as wide as the average is one in e^60. */
const WIDEST_GAP = 60;

/** Of each byte the value as a hexadecimal digit; -1 when it is none. */
const DIGIT_VALUES = Int8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[0-9a-f]/i.test(character) ? Number.parseInt(character, 16) : -1;
});

/** At most seven digits. Negative when one of them is none. */
function digits(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = (value << 4) | (DIGIT_VALUES[bytes[at] ?? 0] ?? -1);
  return value;
}

/** @param head the first 24 bits of the hash. @param next the 28 bits after them. */
export type TakeHash = (head: number, next: number, times: number) => void;

/** What must be known to read on from a line. */
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
  /** Of the last hash; before the first one, where the places begin. */
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

  /** Takes all lines that end here. @returns how many bytes they are. @throws {SortedHashesError} */
  read(bytes: Buffer): number {
    let at = 0;
    let last = -1; // where the hash before this one is
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
      // Two hashes at one place are rare, but there are some.
      if (place <= this.#place && !this.#isAfterLast(bytes, at, last)) {
        throw this.#error('its hash is not after the one before: the file must be sorted by hash');
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

  /** At the end of the file. @param rest what follows the last whole line. @throws {SortedHashesError} */
  finish(rest: Buffer): void {
    if (rest.length > 0) throw this.#error('it has no end: the file is cut off');
    if (this.#lines === 0) throw new SortedHashesError('There is no hash in the file.');
    const atEnd = PLACES - this.#place;
    const { width, before } =
      atEnd > this.#widestGap.width ? { width: atEnd, before: null } : this.#widestGap;
    if ((width * this.#lines) / PLACES < WIDEST_GAP) return;
    const missing = Math.round((width * this.#lines) / (PLACES - width));
    const where = before === null ? 'at the end' : `before ${before.slice(0, 5).toUpperCase()}`;
    throw new SortedHashesError(
      `Some ${missing} hashes are missing ${where}: the file was not downloaded to its end, or not whole.`,
    );
  }

  #isAfterLast(bytes: Buffer, at: number, last: number): boolean {
    const before = last < 0 ? this.#lastHash : hashAt(bytes, last);
    return before === null || hashAt(bytes, at) > before;
  }

  #malformed(line: Buffer): SortedHashesError {
    return digits(line, 0, 7) >= 0 && line[NTLM_DIGITS] === COLON
      ? this.#error('it has 32 digits, as NTLM hashes do: download SHA-1 hashes')
      : this.#error('it must be a SHA-1 hash of 40 hexadecimal digits, a colon and a count of at least 1');
  }

  #error(reason: string): SortedHashesError {
    return new SortedHashesError(`Line ${this.#lines + 1} will not do: ${reason}.`);
  }
}

function isDigit(byte = 0): boolean {
  return byte >= ZERO && byte < ZERO + 10;
}

function hashAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + HASH_DIGITS).toLowerCase();
}
