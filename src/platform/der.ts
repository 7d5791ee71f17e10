// Reads and writes DER (ITU-T X.690), the encoding of certificates, revocation lists and OCSP. Only definite lengths and
// one-byte tags are read, which is all that RFC 5280 and RFC 6960 use.

/** Tags of the universal class, as they are encoded. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTF8_STRING: 0x0c,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
} as const;

/** The tag of a field that a structure numbers, such as `[3]`. */
export const numbered = (number: number, isConstructed = true): number =>
  (isConstructed ? 0xa0 : 0x80) + number;

/** A tag and what it holds. Its bytes are cut out only when they are read, since lists have hundreds of thousands. */
export class Element {
  readonly tag: number;
  readonly #source: Buffer;
  readonly #at: number;
  readonly #start: number;
  readonly #end: number;

  constructor(tag: number, source: Buffer, at: number, start: number, end: number) {
    this.tag = tag;
    this.#source = source;
    this.#at = at;
    this.#start = start;
    this.#end = end;
  }

  get content(): Buffer {
    return this.#source.subarray(this.#start, this.#end);
  }

  /** With tag and length. */
  get bytes(): Buffer {
    return this.#source.subarray(this.#at, this.#end);
  }

  /** The elements within a constructed one, read one after the other. @throws {MalformedDerError} */
  *[Symbol.iterator](): Generator<Element, undefined> {
    for (let at = this.#start; at < this.#end; ) {
      const element = elementAt(this.#source, at, this.#end);
      at = element.#end;
      yield element;
    }
  }
}

/** The bytes are not the DER that was expected. The message does not repeat them. */
export class MalformedDerError extends Error {
  override readonly name = 'MalformedDerError';
}

/** The single element that these bytes are. @throws {MalformedDerError} */
export function readElement(bytes: Buffer, tag: number = Tag.SEQUENCE): Element {
  const element = elementAt(bytes, 0, bytes.length);
  if (element.bytes.length !== bytes.length) throw new MalformedDerError('Bytes follow the element.');
  return expectTag(element, tag);
}

/** @throws {MalformedDerError} when there is no element, or one of another kind. */
export function expectTag(element: Element | undefined, tag: number): Element {
  if (element?.tag !== tag) throw new MalformedDerError(`An element with the tag ${tag} is missing.`);
  return element;
}

/** Writes an element that holds these bytes, one part after the other. */
export function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const hex = length.toString(16);
  const digits = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 + digits.length]), digits, content]);
}

function elementAt(source: Buffer, at: number, end: number): Element {
  const tag = byteAt(source, at, end);
  if ((tag & 0x1f) === 0x1f) throw new MalformedDerError('A tag has more than one byte.');
  const first = byteAt(source, at + 1, end);
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  // 0x80 would be an indefinite length, which DER does not have.
  if (first === 0x80 || lengthBytes > 4) throw new MalformedDerError('A length is invalid.');
  let length = lengthBytes === 0 ? first : 0;
  for (let one = 0; one < lengthBytes; one += 1) length = length * 256 + byteAt(source, at + 2 + one, end);
  const start = at + 2 + lengthBytes;
  if (start + length > end) throw new MalformedDerError('An element is longer than its data.');
  return new Element(tag, source, at, start, start + length);
}

function byteAt(source: Buffer, at: number, end: number): number {
  const byte = at < end ? source[at] : undefined;
  if (byte === undefined) throw new MalformedDerError('The data ends within an element.');
  return byte;
}

/** An object identifier in dotted form. @throws {MalformedDerError} */
export function oidOf(element: Element | undefined): string {
  const { content } = expectTag(element, Tag.OBJECT_IDENTIFIER);
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const byte of content) {
    arc = arc * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [both = 0n, ...others] = arcs;
  const first = both < 80n ? both / 40n : 2n;
  return [first, both - first * 40n, ...others].join('.');
}

/** The bytes of a key or a signature, in a bit string without unused bits. @throws {MalformedDerError} */
export function wholeBits(element: Element | undefined): Buffer {
  const { content } = expectTag(element, Tag.BIT_STRING);
  if (content[0] !== 0) throw new MalformedDerError('A bit string has unused bits.');
  return content.subarray(1);
}

/** A time as RFC 5280 section 4.1.2.5 allows it: in UTC, with seconds. @throws {MalformedDerError} */
export function timeOf({ tag, content }: Element): Date {
  const text = content.toString('latin1');
  const [, year = '', month, day, hour, minute, second] =
    (tag === Tag.UTC_TIME ? UTC_TIME : GENERALIZED_TIME).exec(text) ?? [];
  // A year of two digits is between 1950 and 2049.
  const century = tag === Tag.UTC_TIME ? (Number(year) < 50 ? '20' : '19') : '';
  const time = new Date(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(time.getTime())) throw new MalformedDerError('A time is invalid.');
  return time;
}

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
