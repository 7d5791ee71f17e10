// The configuration of TLS and of client certificates.
import { developmentTlsMistakes } from './development-tls.ts';
import { type ServiceTerms, type ServiceUrl, serviceUrl } from './service-url.ts';
import type { Environment } from './variables.ts';

export interface TlsConfig {
  /** The paths of the server's certificate chain and its key, in PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface ClientCertificateConfig {
  /** The paths of files with the authorities that issue certificates to users. */
  readonly ca: readonly string[];
  /** The paths of files with their revocation lists. Empty: none are checked. */
  readonly crl: readonly string[];
  /** The OCSP responder that is asked about certificates of users. Null: none. */
  readonly ocsp: ServiceUrl | null;
  /** The proxies whose `Client-Cert` header is believed, as in `trustedProxies`. */
  readonly proxies: readonly string[];
  /** The certificate policies that say that a PIN was verified. */
  readonly pinPolicies: readonly string[];
}

interface CertificateEnvironment {
  readonly TLS_CERT?: string;
  readonly TLS_KEY?: string;
  readonly CLIENT_CA?: readonly string[];
  readonly CLIENT_CRL?: readonly string[];
  readonly CLIENT_OCSP_URL?: string;
  readonly CLIENT_CERT_PROXIES?: readonly string[];
  readonly CLIENT_CERT_PIN_POLICIES?: readonly string[];
}

/** id-fpki-common-hardware and id-fpki-common-authentication, of PIV cards. Both demand a PIN. */
const PIV_POLICIES = ['2.16.840.1.101.3.2.1.3.7', '2.16.840.1.101.3.2.1.3.13'];

/** Finds incomplete settings. */
export function certificateMistakes(env: Environment, given: ReadonlySet<string>): string[] {
  const mistakes = developmentTlsMistakes(env, given);
  if (given.has('TLS_CERT') !== given.has('TLS_KEY'))
    mistakes.push('TLS_CERT and TLS_KEY belong together. Set both or none.');
  if (given.has('CLIENT_CA') && !given.has('TLS_CERT') && !given.has('CLIENT_CERT_PROXIES'))
    mistakes.push(
      'CLIENT_CA needs a way in which certificates arrive. Set TLS_CERT and TLS_KEY, or CLIENT_CERT_PROXIES.',
    );
  for (const name of ['CLIENT_CRL', 'CLIENT_OCSP_URL', 'CLIENT_CERT_PROXIES', 'CLIENT_CERT_PIN_POLICIES'])
    if (given.has(name) && !given.has('CLIENT_CA'))
      mistakes.push(`${name} needs CLIENT_CA, the authorities that issue certificates to users.`);
  return mistakes;
}

export function tlsConfig({ TLS_CERT: cert, TLS_KEY: key }: CertificateEnvironment): TlsConfig | null {
  return cert === undefined || key === undefined ? null : { cert, key };
}

export function clientCertificateConfig(
  env: CertificateEnvironment,
  terms: ServiceTerms,
): ClientCertificateConfig | null {
  const { CLIENT_CA: ca } = env;
  if (ca === undefined) return null;
  return {
    ca,
    crl: env.CLIENT_CRL ?? [],
    ocsp: env.CLIENT_OCSP_URL === undefined ? null : serviceUrl(env.CLIENT_OCSP_URL, terms),
    proxies: env.CLIENT_CERT_PROXIES ?? [],
    pinPolicies: env.CLIENT_CERT_PIN_POLICIES ?? PIV_POLICIES,
  };
}
