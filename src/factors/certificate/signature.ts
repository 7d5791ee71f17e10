// The signatures of revocation lists and OCSP responses. Algorithms with MD5 and SHA-1 are not among them.
import { type KeyObject, verify } from 'node:crypto';
import { type Element, expectTag, MalformedDerError, oidOf, Tag, wholeBits } from '../../platform/der.ts';

/** The digests of the supported algorithms. Null: the algorithm has its own. */
const HASHES: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256', // RSA
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256', // ECDSA
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null, // Ed25519
  '1.3.101.113': null, // Ed448
};

/**
 * Reads the three parts of what is signed: the content, the algorithm and the signature.
 * @returns whether a key has signed it.
 * @throws {MalformedDerError} also when the algorithm is not supported.
 */
export function readSignature(
  signed: Element | undefined,
  algorithm: Element | undefined,
  signature: Element | undefined,
): (key: KeyObject) => boolean {
  const [oid] = expectTag(algorithm, Tag.SEQUENCE);
  const name = oidOf(oid);
  const hash = HASHES[name];
  if (hash === undefined) throw new MalformedDerError(`Its signature algorithm ${name} is not supported.`);
  const { bytes } = expectTag(signed, Tag.SEQUENCE);
  const value = wholeBits(signature);
  return (key) => verify(hash, bytes, key, value);
}
