// Which certificates are accepted: the path to an authority, times, purposes, revocation and policies, and what changed
// files do.
import 'reflect-metadata'; // before @peculiar/x509
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type AcceptedCertificate,
  ClientCertificateFilesError,
  ClientCertificates,
} from '../../../src/factors/certificate/client-certificates.ts';
import { createLog } from '../../../src/platform/log.ts';
import { Authority, type Card, newKeys, PIV_AUTHENTICATION, SERVER_AUTH } from './authority.ts';

const PIN_POLICIES = [PIV_AUTHENTICATION];
const IN_DAYS = (days: number): Date => new Date(Date.now() + days * 86_400_000);

let folder: string;
let root: Authority;
let issuing: Authority;
let logged: string[];
const silent = createLog('trace', { write: (line) => logged.push(line) });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stepgate-certificates-'));
  root = await Authority.create('Root');
  issuing = await Authority.create('Issuing', { policies: [PIV_AUTHENTICATION] }, root);
  logged = [];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let written = 0;
async function file(content: string | Buffer): Promise<string> {
  written += 1;
  const path = join(folder, `${written}.pem`);
  await writeFile(path, content);
  return path;
}

interface Files {
  readonly ca?: readonly string[];
  readonly crl?: readonly string[];
}

async function opened({ ca = [root.pem + issuing.pem], crl = [] }: Files = {}): Promise<ClientCertificates> {
  const pathsOf = (contents: readonly string[]) => Promise.all(contents.map(file));
  const settings = {
    ca: await pathsOf(ca),
    crl: await pathsOf(crl),
    ocsp: null,
    pinPolicies: PIN_POLICIES,
  };
  return ClientCertificates.open(settings, silent);
}

function accept(
  certificates: ClientCertificates,
  { node }: Card,
  { now = new Date(), isTrusted = true } = {},
): Promise<AcceptedCertificate> {
  return certificates.accept({ certificate: node, isTrusted }, now);
}

describe('a certificate', () => {
  test('of an authority in CLIENT_CA is accepted, and its issuer is named', async () => {
    const { issuers } = await accept(await opened(), await issuing.issue());
    expect(issuers).toEqual([issuing.card.node.fingerprint256]);
  });

  test('is refused before its validity begins and after it ends, by the clock of the server', async () => {
    const certificates = await opened();
    const card = await issuing.issue({ from: -2, to: 2 });
    const early = accept(certificates, card, { now: IN_DAYS(-3) });
    await expect(early).rejects.toThrow('not valid yet');
    await expect(accept(certificates, card, { now: IN_DAYS(3) })).rejects.toThrow('expired');
    await expect(accept(certificates, card)).resolves.toMatchObject({ isPinVerified: false });
  });

  test('is refused when an authority of its path has expired', async () => {
    const old = await Authority.create('Old', { from: -9, to: -1 }, root);
    const certificates = await opened({ ca: [root.pem, old.pem] });
    await expect(accept(certificates, await old.issue())).rejects.toThrow('expired');
  });

  test('for servers only is refused, and one without extended key usage is not', async () => {
    const certificates = await opened();
    const ofServer = await issuing.issue({ purposes: [SERVER_AUTH] });
    await expect(accept(certificates, ofServer)).rejects.toThrow('not meant for signing in');
    await expect(accept(certificates, await issuing.issue({ purposes: null }))).resolves.toBeDefined();
  });

  test('whose key may only encrypt is refused', async () => {
    const card = await issuing.issue({ usage: x509.KeyUsageFlags.keyEncipherment });
    await expect(accept(await opened(), card)).rejects.toThrow('not meant for signing in');
  });

  test('that a user has issued with the key of their own certificate is refused', async () => {
    const leaf = await issuing.issue();
    const forged = await new Authority(leaf).issue({ subject: 'CN=Admin' });
    await expect(accept(await opened(), forged)).rejects.toThrow('trusts');
  });

  test('of an unknown authority with the name of a known one is refused', async () => {
    const impostor = await Authority.create('Issuing', {}, root);
    for (const namesKey of [true, false])
      await expect(accept(await opened(), await impostor.issue({ namesKey }))).rejects.toThrow('trusts');
  });

  test('is refused when the authority above its issuer is missing', async () => {
    await expect(accept(await opened({ ca: [issuing.pem] }), await issuing.issue())).rejects.toThrow(
      'trusts',
    );
  });

  test('that the TLS library has refused is refused, whatever is found here', async () => {
    const refused = accept(await opened(), await issuing.issue(), { isTrusted: false });
    await expect(refused).rejects.toThrow('trusts');
  });

  test('shows the email addresses and principal names in it', async () => {
    const names = [
      { type: x509.EMAIL, value: 'jane@example.com' },
      { type: x509.UPN, value: 'jane@corp.example.com' },
      { type: x509.DNS, value: 'host.example.com' },
    ] as const;
    const accepted = await accept(await opened(), await issuing.issue({ names: [...names] }));
    expect(accepted.names).toEqual({
      emails: ['jane@example.com'],
      principals: ['jane@corp.example.com'],
    });
  });
});

describe('a policy that demands a PIN', () => {
  test('counts when the certificate and every authority below the first have it', async () => {
    const card = await issuing.issue({ policies: ['1.2.3', PIV_AUTHENTICATION] });
    expect(await accept(await opened(), card)).toMatchObject({ isPinVerified: true });
  });

  test('does not count when the issuing authority may not issue under it', async () => {
    const lesser = await Authority.create('Lesser', { policies: ['1.2.3'] }, root);
    const certificates = await opened({ ca: [root.pem, lesser.pem] });
    const card = await lesser.issue({ policies: [PIV_AUTHENTICATION] });
    expect(await accept(certificates, card)).toMatchObject({ isPinVerified: false });
  });

  test('is not implied by any other policy, nor by `anyPolicy`', async () => {
    const card = await issuing.issue({ policies: ['2.5.29.32.0', `${PIV_AUTHENTICATION}.1`] });
    expect(await accept(await opened(), card)).toMatchObject({ isPinVerified: false });
  });
});

describe('revocation', () => {
  test('a revoked certificate is refused, and others of the same authority are not', async () => {
    const [good, revoked] = await Promise.all([issuing.issue(), issuing.issue()]);
    const certificates = await opened({ crl: [await root.list([]), await issuing.list([revoked])] });
    await expect(accept(certificates, revoked)).rejects.toThrow('has been revoked');
    await expect(accept(certificates, good)).resolves.toBeDefined();
  });

  test('a certificate of a revoked authority is refused', async () => {
    const card = await issuing.issue();
    const certificates = await opened({
      crl: [(await root.list([issuing.card])) + (await issuing.list([]))],
    });
    await expect(accept(certificates, card)).rejects.toThrow('has been revoked');
  });

  test('once lists are configured, a missing or expired one refuses', async () => {
    const card = await issuing.issue();
    const withoutRoot = await opened({ crl: [await issuing.list([])] });
    await expect(accept(withoutRoot, card)).rejects.toThrow('cannot find out');
    const expired = await opened({ crl: [await root.list([]), await issuing.list([], [-9, -1])] });
    await expect(accept(expired, card)).rejects.toThrow('cannot find out');
    const early = await opened({ crl: [await root.list([]), await issuing.list([], [1, 9])] });
    await expect(accept(early, card)).rejects.toThrow('cannot find out');
  });

  test('a list in DER is read like one in PEM', async () => {
    const revoked = await issuing.issue();
    const base64 = (await issuing.list([revoked])).replaceAll(/-----.*-----|\s/g, '');
    const der = await file(Buffer.from(base64, 'base64'));
    const ca = await file(root.pem + issuing.pem);
    const crl = [await file(await root.list([])), der];
    const certificates = await ClientCertificates.open(
      { ca: [ca], crl, ocsp: null, pinPolicies: [] },
      silent,
    );
    await expect(accept(certificates, revoked)).rejects.toThrow('has been revoked');
    // OpenSSL wants each list as a text of its own.
    expect(certificates.pem.crl?.map((one) => one.match(/BEGIN X509 CRL/g)?.length)).toEqual([1, 1]);
  });

  test('a list that somebody else signed in the name of the authority stops the start', async () => {
    const impostor = await Authority.create('Issuing', {}, root);
    const start = opened({ crl: [await impostor.list([])] });
    await expect(start).rejects.toThrow(ClientCertificateFilesError);
  });

  test('a list that does not cover every certificate of its issuer stops the start', async () => {
    for (const oid of ['2.5.29.27', '2.5.29.28', '1.2.3.4']) {
      const partial = new x509.Extension(oid, true, new Uint8Array([0x30, 0]));
      const start = opened({ crl: [await issuing.list([], [-1, 30], [partial])] });
      await expect(start, oid).rejects.toThrow(ClientCertificateFilesError);
    }
  });
});

describe('the files', () => {
  test('count as soon as they have changed, without a restart', async () => {
    const card = await issuing.issue();
    const crl = [await file(await root.list([])), await file(await issuing.list([]))];
    const settings = { ca: [await file(root.pem + issuing.pem)], crl, ocsp: null, pinPolicies: [] };
    const certificates = await ClientCertificates.open(settings, silent);
    await expect(accept(certificates, card)).resolves.toBeDefined();
    await writeFile(crl[1] ?? '', await issuing.list([card]));
    await expect(accept(certificates, card)).rejects.toThrow('has been revoked');
  });

  test('that become unusable leave the former ones in place, and the log says so', async () => {
    const path = await file(root.pem + issuing.pem);
    const certificates = await ClientCertificates.open(
      { ca: [path], crl: [], ocsp: null, pinPolicies: [] },
      silent,
    );
    const card = await issuing.issue();
    logged = [];
    await writeFile(path, root.pem.slice(0, 100));
    await expect(accept(certificates, card)).resolves.toBeDefined();
    await rm(path);
    await expect(accept(certificates, card)).resolves.toBeDefined();
    expect(logged.filter((line) => line.includes('the former files still count'))).toHaveLength(2);
    await writeFile(path, (await Authority.create('Other')).pem);
    await expect(accept(certificates, card)).rejects.toThrow('trusts');
  });

  test('must contain authorities', async () => {
    for (const content of ['', 'nothing', (await issuing.issue()).cert, (await issuing.issue()).key]) {
      await expect(opened({ ca: [content] })).rejects.toThrow(ClientCertificateFilesError);
    }
    const missing = { ca: [join(folder, 'missing.pem')], crl: [], ocsp: null, pinPolicies: [] };
    await expect(ClientCertificates.open(missing, silent)).rejects.toThrow(ClientCertificateFilesError);
  });

  test('cut short at any byte stop the start and nothing else', async () => {
    const list = Buffer.from(
      (await issuing.list([await issuing.issue()])).replaceAll(/-----.*-----|\s/g, ''),
      'base64',
    );
    const ca = [await file(root.pem + issuing.pem)];
    for (let length = 0; length < list.length; length += 7) {
      const crl = [await file(list.subarray(0, length))];
      const start = ClientCertificates.open({ ca, crl, ocsp: null, pinPolicies: [] }, silent);
      await expect(start, `${length} bytes`).rejects.toThrow(ClientCertificateFilesError);
    }
  });
});

test('a renewed authority with the same key may be in the files beside the former one', async () => {
  const keys = await newKeys();
  const former = await Authority.create('Renewed', { keys, from: -9, to: -1 }, root);
  const renewed = await Authority.create('Renewed', { keys }, root);
  const certificates = await opened({ ca: [former.pem, root.pem, renewed.pem] });
  const { issuers } = await accept(certificates, await renewed.issue());
  expect(issuers).toEqual([renewed.card.node.fingerprint256]);
});
