// Finds the client certificate of the connection on which a request came. There are two kinds of connections:
//
// - from a proxy of CLIENT_CERT_PROXIES. It ends the TLS connections of clients and passes their certificates on in
//   `Client-Cert` (RFC 9440). Its own certificate is not the client's.
// - from anybody else. The certificate is that of the connection itself, and the header is ignored: anyone can send it.
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import proxyAddr from 'proxy-addr';
import type { PresentedCertificate } from '../factors/factor.ts';
import { ipAddress } from '../platform/ip-address.ts';
import type { Origins } from './origins.ts';

/** A byte sequence of structured fields (RFC 9651 section 3.3.5), and nothing else. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]*={0,2}):$/;

/** @param proxies those whose header is believed, in the form of the `proxy-addr` package. */
export function presentedCertificates(
  proxies: readonly string[],
  origins: Pick<Origins, 'allows'>,
): (request: IncomingMessage) => PresentedCertificate | null {
  const isProxy = proxyAddr.compile([...proxies]);
  return ({ headers, socket }) => {
    // Browsers send a certificate, like a cookie, with requests that pages of other origins make.
    if (headers.origin !== undefined && !origins.allows(headers.origin)) return null;
    const address = ipAddress(socket.remoteAddress ?? '');
    if (address !== null && isProxy(address, 0)) return passedOn(headers['client-cert']);
    return socket instanceof TLSSocket ? ofConnection(socket) : null;
  };
}

function ofConnection(socket: TLSSocket): PresentedCertificate | null {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? null : { certificate, isTrusted: socket.authorized };
}

/** The proxy passes on only certificates that it has accepted. Node joins the values of a header that is sent twice. */
function passedOn(header: string | string[] | undefined): PresentedCertificate | null {
  const base64 = typeof header === 'string' ? BYTE_SEQUENCE.exec(header.trim())?.[1] : undefined;
  if (!base64) return null;
  const der = Buffer.from(base64, 'base64');
  try {
    const certificate = new X509Certificate(der);
    return certificate.raw.equals(der) ? { certificate, isTrusted: true } : null;
  } catch {
    return null; // these bytes are not a certificate
  }
}
