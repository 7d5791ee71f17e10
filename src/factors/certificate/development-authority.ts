// The authority of a server in development. It gives a client certificate to anyone who asks, so production has none. It is
// made once and kept in a folder, so that certificates outlive a restart. Two certificates show what is refused: one that it
// has revoked, and one of another authority.

import { X509Certificate as NodeCertificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as X509 from '@peculiar/x509';
import { addSeconds } from '../../platform/clock.ts';
import { randomBytes } from '../../platform/random.ts';

const KEYS = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const DAY_SECONDS = 86_400;
const VALID_SECONDS = 365 * DAY_SECONDS;
/** Made anew so long before it expires. */
const RENEWED_SECONDS = 60 * DAY_SECONDS;
const CLIENT_SECONDS = 30 * DAY_SECONDS;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

interface Issuer {
  readonly key: CryptoKey;
  /** Absent for one that signs itself. */
  readonly certificate?: X509.X509Certificate;
}

interface Wanted {
  readonly name: string;
  readonly keys: CryptoKeyPair;
  readonly by: Issuer;
  readonly days: readonly [from: Date, to: Date];
  readonly extensions: (x509: typeof X509) => X509.Extension[];
}

export class DevelopmentAuthority {
  readonly #folder: string;

  /** Makes it, if there is none that will be valid for a while. */
  static async open(folder: string, now: Date): Promise<DevelopmentAuthority> {
    const authority = new DevelopmentAuthority(folder);
    if (!(await authority.#isUsable(now))) {
      await rm(folder, { recursive: true, force: true });
      await make(folder, now);
    }
    return authority;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  get ca(): string {
    return join(this.#folder, 'ca.pem');
  }

  get crl(): string {
    return join(this.#folder, 'crl.pem');
  }

  /** Of the server. */
  get cert(): string {
    return join(this.#folder, 'server.pem');
  }

  get key(): string {
    return join(this.#folder, 'server.key');
  }

  /** In PEM, those of clients with their keys: the authority, a new certificate, a revoked one, one of another authority. */
  async pem(name: 'ca' | 'certificate' | 'revoked' | 'foreign', now: Date): Promise<string> {
    return name === 'certificate' ? this.#issue(now) : readFile(join(this.#folder, `${name}.pem`), 'utf8');
  }

  async #issue(now: Date): Promise<string> {
    const x509 = await library();
    const der = Buffer.from(await readFile(join(this.#folder, 'ca.key'), 'utf8'), 'base64');
    const key = await crypto.subtle.importKey('pkcs8', der, KEYS, false, ['sign']);
    const certificate = new x509.X509Certificate(await readFile(this.ca, 'utf8'));
    return newClient({ key, certificate }, now);
  }

  async #isUsable(now: Date): Promise<boolean> {
    try {
      const { validToDate } = new NodeCertificate(await readFile(this.ca));
      return validToDate > addSeconds(now, RENEWED_SECONDS);
    } catch {
      return false;
    }
  }
}

/** Loaded when it is needed, which is seldom. */
async function library(): Promise<typeof X509> {
  await import('reflect-metadata'); // before the other one
  return import('@peculiar/x509');
}

/** Everything appears at once, so that nobody finds a half of it. */
async function make(folder: string, now: Date): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const made = await mkdtemp(`${folder}-`);
  try {
    for (const [name, content] of Object.entries(await contents(now)))
      await writeFile(join(made, name), content, { mode: 0o600 });
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

async function contents(now: Date): Promise<Record<string, string>> {
  const x509 = await library();
  const authority = await newAuthority('Stepgate development', now);
  const other = await newAuthority('Another authority', now);
  const server = await newCertificate({
    name: 'localhost',
    by: authority,
    keys: await newKeys(),
    days: [addSeconds(now, -DAY_SECONDS), addSeconds(now, VALID_SECONDS)],
    extensions: ({ ExtendedKeyUsageExtension, SubjectAlternativeNameExtension }) => [
      new ExtendedKeyUsageExtension([SERVER_AUTH]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  });
  const revoked = await newClient(authority, now);
  const list = await x509.X509CrlGenerator.create({
    issuer: authority.certificate.subjectName.toJSON(),
    thisUpdate: addSeconds(now, -DAY_SECONDS),
    nextUpdate: addSeconds(now, VALID_SECONDS),
    signingAlgorithm: SIGNATURE,
    signingKey: authority.key,
    entries: [{ serialNumber: new x509.X509Certificate(revoked).serialNumber }],
  });
  return {
    'ca.pem': pem('CERTIFICATE', authority.certificate.rawData),
    'ca.key': await base64Of(authority.key),
    'crl.pem': pem('X509 CRL', list.rawData),
    'server.pem': pem('CERTIFICATE', server.certificate.rawData),
    'server.key': pem('PRIVATE KEY', Buffer.from(await base64Of(server.key), 'base64')),
    'revoked.pem': revoked,
    'foreign.pem': await newClient(other, now),
  };
}

async function newAuthority(name: string, now: Date): Promise<Required<Issuer>> {
  const keys = await newKeys();
  return newCertificate({
    name,
    keys,
    by: { key: keys.privateKey },
    days: [addSeconds(now, -DAY_SECONDS), addSeconds(now, VALID_SECONDS)],
    extensions: ({ BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags }) => [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
}

/** @returns the certificate and its key. */
async function newClient(by: Issuer, now: Date): Promise<string> {
  const { certificate, key } = await newCertificate({
    name: `Example user ${randomBytes(4).toString('hex')}`,
    by,
    keys: await newKeys(),
    days: [addSeconds(now, -60), addSeconds(now, CLIENT_SECONDS)],
    extensions: ({ ExtendedKeyUsageExtension, KeyUsagesExtension, KeyUsageFlags }) => [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([CLIENT_AUTH]),
    ],
  });
  const privateKey = pem('PRIVATE KEY', Buffer.from(await base64Of(key), 'base64'));
  return pem('CERTIFICATE', certificate.rawData) + privateKey;
}

async function newCertificate({ name, keys, by, days, extensions }: Wanted): Promise<Required<Issuer>> {
  const x509 = await library();
  const subject = `CN=${name}`;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: by.certificate?.subject ?? subject,
    notBefore: days[0],
    notAfter: days[1],
    publicKey: keys.publicKey,
    signingKey: by.key,
    signingAlgorithm: SIGNATURE,
    extensions: [
      ...extensions(x509),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...(by.certificate === undefined
        ? []
        : [await x509.AuthorityKeyIdentifierExtension.create(by.certificate.publicKey)]),
    ],
  });
  return { certificate, key: keys.privateKey };
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
}

async function base64Of(key: CryptoKey): Promise<string> {
  return Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
}

function pem(label: string, der: ArrayBuffer | Buffer): string {
  const lines =
    Buffer.from(der as ArrayBuffer)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
