// The authorities whose certificates are accepted, and their revocation lists, as the operator's files have them.
import { X509Certificate } from 'node:crypto';
import type { File } from '../../platform/from-files.ts';
import { type RevocationList, readRevocationList, TrustFileError } from './revocation-list.ts';

export interface TrustStore {
  /** The authorities that issue certificates of users, and those above them. */
  readonly authorities: readonly X509Certificate[];
  /** The lists of each authority. Null when revocation is not checked. */
  readonly lists: ReadonlyMap<X509Certificate, readonly RevocationList[]> | null;
  /** The same for OpenSSL, which takes each of them as its own text. */
  readonly pem: { readonly ca: string[]; readonly crl: string[] | null };
}

/** @param crl null when no lists are configured. @throws {TrustFileError} */
export function readTrustStore(ca: readonly File[], crl: readonly File[] | null): TrustStore {
  const authorities = ca.flatMap((file) =>
    blocksOf(file, 'CERTIFICATE').map((der) => readFrom(file, () => readAuthority(der))),
  );
  const ders = crl?.flatMap((file) => blocksOf(file, '(?:X509 )?CRL').map((der) => ({ file, der })));
  return {
    authorities,
    lists: ders === undefined ? null : listsOf(authorities, ders),
    pem: {
      ca: authorities.map(String),
      crl: ders?.map(({ der }) => pemOf('X509 CRL', der)) ?? null,
    },
  };
}

function listsOf(
  authorities: readonly X509Certificate[],
  ders: readonly { readonly file: File; readonly der: Buffer }[],
): Map<X509Certificate, RevocationList[]> {
  const lists = new Map<X509Certificate, RevocationList[]>();
  for (const { file, der } of ders) {
    const list = readFrom(file, () => readRevocationList(der));
    // An authority may have several certificates with the same key.
    const issuers = authorities.filter((one) => list.isFrom(one));
    if (issuers.length === 0) throw new TrustFileError(`${file.path}: No authority in CLIENT_CA signed it.`);
    for (const one of issuers) lists.set(one, [...(lists.get(one) ?? []), list]);
  }
  return lists;
}

function readAuthority(der: Buffer): X509Certificate {
  const certificate = new X509Certificate(der);
  if (!certificate.ca) throw new Error('It contains a certificate that is not of an authority.');
  return certificate;
}

/** What the file holds in DER: all PEM blocks with this label (RFC 7468), or the file itself if it is DER. */
function blocksOf({ path, content }: File, label: string): Buffer[] {
  const text = content.toString('latin1');
  if (!text.includes('-----BEGIN ')) return [content];
  const blocks = new RegExp(`-----BEGIN (${label})-----([^-]*)-----END \\1-----`, 'g');
  const found = [...text.matchAll(blocks)].map(([, , base64 = '']) => Buffer.from(base64, 'base64'));
  if (found.length === 0) throw new TrustFileError(`${path}: It contains nothing of the expected kind.`);
  return found;
}

function readFrom<T>({ path }: File, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new TrustFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function pemOf(label: string, der: Buffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
