// What Node does not show of a certificate (RFC 5280 section 4): its issuer and subject in DER, its policies, its key
// usage, and the names in it that can identify a user.
import type { X509Certificate } from 'node:crypto';
import {
  type Element,
  expectTag,
  MalformedDerError,
  numbered,
  oidOf,
  readElement,
  Tag,
  wholeBits,
} from '../../platform/der.ts';

const SUBJECT_ALT_NAME = '2.5.29.17';
const KEY_USAGE = '2.5.29.15';
const CERTIFICATE_POLICIES = '2.5.29.32';
/** The user principal name of Microsoft's directories. */
const UPN = '1.3.6.1.4.1.311.20.2.3';

export interface Extension {
  readonly oid: string;
  readonly isCritical: boolean;
  /** DER. */
  readonly value: Buffer;
}

/** The names in the subject alternative name, as they are written there. */
export interface AlternativeNames {
  readonly emails: readonly string[];
  readonly principals: readonly string[];
}

export interface Fields {
  /** As an integer in DER. */
  readonly serialNumber: Buffer;
  /** In DER. */
  readonly issuer: Buffer;
  /** In DER. */
  readonly subject: Buffer;
  /** The bits of the public key, without its algorithm. */
  readonly keyBits: Buffer;
  readonly extensions: readonly Extension[];
}

/** @throws {MalformedDerError} */
export function fieldsOf({ raw }: X509Certificate): Fields {
  const [tbs] = readElement(raw);
  const fields = [...expectTag(tbs, Tag.SEQUENCE)];
  if (fields[0]?.tag === numbered(0)) fields.shift(); // the version
  const [serialNumber, _algorithm, issuer, _validity, subject, publicKey] = fields;
  const [, keyBits] = expectTag(publicKey, Tag.SEQUENCE);
  const extensions = fields.find(({ tag }) => tag === numbered(3));
  return {
    serialNumber: expectTag(serialNumber, Tag.INTEGER).content,
    issuer: expectTag(issuer, Tag.SEQUENCE).bytes,
    subject: expectTag(subject, Tag.SEQUENCE).bytes,
    keyBits: wholeBits(keyBits),
    extensions: extensions === undefined ? [] : readExtensions(extensions),
  };
}

/** @param field the numbered field that holds them. @throws {MalformedDerError} */
export function readExtensions(field: Element): Extension[] {
  return [...readElement(field.content)].map((one) => {
    const [oid, ...others] = expectTag(one, Tag.SEQUENCE);
    const isCritical = others[0]?.tag === Tag.BOOLEAN && others[0].content[0] !== 0;
    return { oid: oidOf(oid), isCritical, value: expectTag(others.at(-1), Tag.OCTET_STRING).content };
  });
}

/** The certificate policies (section 4.2.1.4). */
export function policiesOf(extensions: readonly Extension[]): string[] {
  const value = valueOf(extensions, CERTIFICATE_POLICIES);
  if (value === undefined) return [];
  return [...readElement(value)].map((policy) => {
    const [oid] = policy;
    return oidOf(oid);
  });
}

/** Whether the key may sign (section 4.2.1.3), which is how a TLS client proves that it has the key. */
export function maySign(extensions: readonly Extension[]): boolean {
  const value = valueOf(extensions, KEY_USAGE);
  if (value === undefined) return true;
  // The first byte counts unused bits. `digitalSignature` is the first bit.
  const [, bits = 0] = readElement(value, Tag.BIT_STRING).content;
  return (bits & 0x80) !== 0;
}

export function alternativeNames(extensions: readonly Extension[]): AlternativeNames {
  const value = valueOf(extensions, SUBJECT_ALT_NAME);
  const names = value === undefined ? [] : [...readElement(value)];
  return {
    emails: names.flatMap((one) => (one.tag === numbered(1, false) ? textOf(one.content) : [])),
    principals: names.flatMap((one) => (one.tag === numbered(0) ? principalOf(one) : [])),
  };
}

function principalOf(otherName: Element): string[] {
  const [oid, value] = otherName;
  if (oidOf(oid) !== UPN) return [];
  const { content } = expectTag(value, numbered(0));
  return textOf(readElement(content, Tag.UTF8_STRING).content);
}

/** A name that is not valid UTF-8 is left out. */
function textOf(bytes: Buffer): string[] {
  try {
    return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)];
  } catch {
    return [];
  }
}

/** @throws {MalformedDerError} when the extension is there twice. Readers could disagree on which one counts. */
function valueOf(extensions: readonly Extension[], oid: string): Buffer | undefined {
  const [found, another] = extensions.filter((one) => one.oid === oid);
  if (another !== undefined) throw new MalformedDerError('An extension is repeated.');
  return found?.value;
}
