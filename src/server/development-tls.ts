// TLS beside HTTP in development, on this machine only: the same server, for clients with certificates. What goes wrong here
// never keeps the server from starting.
import type { Config } from '../config/config.ts';
import type {
  ClientCertificateSettings,
  ClientCertificates,
} from '../factors/certificate/client-certificates.ts';
import { DevelopmentAuthority } from '../factors/certificate/development-authority.ts';
import type { Log } from '../platform/log.ts';
import { createHttpServer } from './http.ts';
import type { HttpParts } from './routes.ts';
import { Tls } from './tls.ts';

const HOST = '127.0.0.1';

interface Development {
  readonly authority: DevelopmentAuthority;
  readonly clientCertificates: ClientCertificateSettings;
  readonly port: number;
}

/** Null where there is none, and where its files cannot be written. */
export async function openDevelopmentAuthority(
  { developmentTls }: Pick<Config, 'developmentTls'>,
  now: Date,
  log: Log,
): Promise<Development | null> {
  if (developmentTls === null) return null;
  const { folder, port } = developmentTls;
  try {
    const authority = await DevelopmentAuthority.open(folder, now);
    const clientCertificates = { ca: [authority.ca], crl: [authority.crl], ocsp: null, pinPolicies: [] };
    return { authority, clientCertificates, port };
  } catch (error) {
    log.warn({ err: error, folder }, 'no certificates for development; client certificates are not offered');
    return null;
  }
}

interface Parts {
  readonly authority: DevelopmentAuthority;
  readonly port: number;
  readonly clientCertificates: ClientCertificates | null;
  readonly parts: HttpParts;
  readonly log: Log;
}

/** Null when the port is not free: another server in development may have it. */
export async function listenWithTls({ authority, port, clientCertificates, parts, log }: Parts) {
  const { cert, key } = authority;
  try {
    const tls = await Tls.open({ cert, key, clientCertificates, log });
    const http = createHttpServer({ ...parts, tls });
    const used = await http.listen(port, HOST);
    return { url: `https://localhost:${used}`, stop: () => http.stop() };
  } catch (error) {
    log.warn({ err: error }, 'no TLS for development; set DEVELOPMENT_TLS_PORT to a free port, or to off');
    return null;
  }
}
