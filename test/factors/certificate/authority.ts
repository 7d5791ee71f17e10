// An authority that issues certificates and revocation lists as a test needs them, and the cards that it issues.
import 'reflect-metadata'; // before @peculiar/x509
import { X509Certificate as NodeCertificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

const { keyCertSign, cRLSign, digitalSignature: OF_CARD } = x509.KeyUsageFlags;
const OF_AUTHORITY: x509.KeyUsageFlags = keyCertSign | cRLSign;

export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const PIV_AUTHENTICATION = '2.16.840.1.101.3.2.1.3.13';

export type Keys = CryptoKeyPair;

export function newKeys(): Promise<Keys> {
  return crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
}

export interface Wanted {
  readonly subject?: string;
  readonly keys?: Keys;
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  /** Null leaves the extension out. */
  readonly purposes?: readonly string[] | null;
  readonly usage?: x509.KeyUsageFlags;
  readonly policies?: readonly string[];
  readonly names?: x509.JsonGeneralNames;
  readonly isAuthority?: boolean;
  /** Whether it names the key of its issuer, which an impostor leaves out. */
  readonly namesKey?: boolean;
}

export interface Card {
  readonly certificate: x509.X509Certificate;
  readonly keys: Keys;
  readonly cert: string;
  readonly key: string;
  readonly node: NodeCertificate;
  /** The value of `Client-Cert` (RFC 9440). */
  readonly header: string;
}

export class Authority {
  readonly card: Card;

  /** @param above who signs it. Absent: itself. */
  static async create(name: string, wanted: Wanted = {}, above?: Authority): Promise<Authority> {
    const all = { subject: `CN=${name}`, isAuthority: true, purposes: null, to: 3650, ...wanted };
    return new Authority(await issue(all, above?.card ?? null));
  }

  constructor(card: Card) {
    this.card = card;
  }

  get pem(): string {
    return this.card.cert;
  }

  issue(wanted: Wanted = {}): Promise<Card> {
    return issue(wanted, this.card);
  }

  /** For a key that never leaves its card. */
  async issueFor(publicKey: CryptoKey, wanted: Wanted = {}): Promise<Uint8Array> {
    return new Uint8Array((await certify(publicKey, wanted, this.card)).rawData);
  }

  /** @param days from now, when it was made and when the next is due. */
  async list(
    revoked: readonly Card[],
    days: readonly [number, number] = [-1, 30],
    extensions: x509.Extension[] = [],
  ): Promise<string> {
    const { certificate, keys } = this.card;
    const crl = await x509.X509CrlGenerator.create({
      issuer: certificate.subjectName.toJSON(),
      thisUpdate: inDays(days[0]),
      nextUpdate: inDays(days[1]),
      signingAlgorithm: SIGNATURE,
      signingKey: keys.privateKey,
      entries: revoked.map((one) => ({ serialNumber: one.certificate.serialNumber })),
      extensions,
    });
    // OpenSSL reads no other label.
    return `${crl.toString('pem').replaceAll(/(BEGIN|END) CRL/g, '$1 X509 CRL')}\n`;
  }
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}

async function issue(wanted: Wanted, above: Card | null): Promise<Card> {
  const keys = wanted.keys ?? (await newKeys());
  const certificate = await certify(keys.publicKey, wanted, above ?? { keys, certificate: null });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    certificate,
    keys,
    cert: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
    node: new NodeCertificate(Buffer.from(certificate.rawData)),
    header: `:${Buffer.from(certificate.rawData).toString('base64')}:`,
  };
}

async function certify(
  publicKey: CryptoKey,
  {
    subject = 'CN=Jane',
    from = -1,
    to = 365,
    purposes = [CLIENT_AUTH],
    usage,
    policies = [],
    names,
    isAuthority = false,
    namesKey = true,
  }: Wanted,
  by: { readonly keys: Keys; readonly certificate: x509.X509Certificate | null },
): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.create({
    subject,
    issuer: by.certificate?.subject ?? subject,
    notBefore: inDays(from),
    notAfter: inDays(to),
    publicKey,
    signingKey: by.keys.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.KeyUsagesExtension(usage ?? (isAuthority ? OF_AUTHORITY : OF_CARD), true),
      ...(purposes === null ? [] : [new x509.ExtendedKeyUsageExtension([...purposes])]),
      ...(policies.length === 0 ? [] : [new x509.CertificatePolicyExtension([...policies])]),
      ...(names === undefined ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ...(namesKey ? [await x509.AuthorityKeyIdentifierExtension.create(by.keys.publicKey)] : []),
    ],
  });
}
