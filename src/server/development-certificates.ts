// What a server in development gives to anyone: certificates for trying out client certificates. There are none in production.
import type { ServerResponse } from 'node:http';

/** By path. */
const CERTIFICATES = {
  '/dev/ca.pem': 'ca',
  '/dev/certificate.pem': 'certificate',
  '/dev/revoked.pem': 'revoked',
  '/dev/foreign.pem': 'foreign',
} as const;

export type DevelopmentCertificates = (
  name: (typeof CERTIFICATES)[keyof typeof CERTIFICATES],
) => Promise<string>;

/** Undefined for any other path. */
export function developmentCertificate(
  certificates: DevelopmentCertificates,
  path: string,
): ((response: ServerResponse) => Promise<void>) | undefined {
  if (!Object.hasOwn(CERTIFICATES, path)) return undefined;
  return async (response) => {
    const pem = await certificates(CERTIFICATES[path as keyof typeof CERTIFICATES]);
    response.writeHead(200, {
      'content-type': 'application/x-pem-file',
      'content-length': Buffer.byteLength(pem),
      'cache-control': 'no-store',
    });
    response.end(pem);
  };
}
