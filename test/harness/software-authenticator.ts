// The software authenticator of the demo, and a maker of authenticators who attests them with a certificate.
import 'reflect-metadata'; // for the generator of certificates
import { KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  Extension,
  type X509CertificateCreateSelfSignedParams,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { AttestationKey } from '../../src/cli/demo/software-authenticator.ts';

export { SoftwareAuthenticator } from '../../src/cli/demo/software-authenticator.ts';
export type { SoftwarePasskey } from '../../src/cli/demo/software-passkey.ts';

/** The OID of `id-fido-gen-ce-aaguid` (WebAuthn section 8.2.1). */
const AAGUID_OID = '1.3.6.1.4.1.45724.1.1.4';
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 86_400_000;

export interface Maker {
  /** In PEM. */
  readonly rootCertificate: string;
  /** What authenticators of this model attest with. */
  readonly attestation: AttestationKey;
}

/** @param aaguid the model that the certificate names. */
export async function makerOf(aaguid: string): Promise<Maker> {
  const rootKeys = await newKeys();
  const keys = await newKeys();
  const valid = {
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + 365 * DAY),
    signingAlgorithm: P256,
  };
  const root = await X509CertificateGenerator.createSelfSigned({
    ...valid,
    name: 'C=DE, O=Example Keys, CN=Example Root',
    keys: rootKeys,
    extensions: [new BasicConstraintsExtension(true, 1, true)],
  });
  const certificate = await X509CertificateGenerator.create({
    ...valid,
    subject: 'C=DE, O=Example Keys, OU=Authenticator Attestation, CN=Example Key',
    issuer: root.subject,
    publicKey: keys.publicKey,
    signingKey: rootKeys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new Extension(AAGUID_OID, false, Buffer.from(`0410${aaguid.replaceAll('-', '')}`, 'hex')),
    ],
  });
  return {
    rootCertificate: root.toString('pem'),
    attestation: {
      privateKey: KeyObject.from(keys.privateKey),
      certificates: [new Uint8Array(certificate.rawData)],
    },
  };
}

/** Node names more usages of keys than the generator's types know. */
async function newKeys(): Promise<X509CertificateCreateSelfSignedParams['keys']> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  return keys as unknown as X509CertificateCreateSelfSignedParams['keys'];
}
