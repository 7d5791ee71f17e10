// TLS beside HTTP, in development only, so that client certificates can be tried without setting anything up.
import { join } from 'node:path';
import { isLoopback } from './loopback.ts';
import type { Environment } from './variables.ts';

const USUAL_PORT = 4443;

export interface DevelopmentTlsConfig {
  readonly port: number;
  /** Where the authority and its certificates are kept. */
  readonly folder: string;
}

/** Finds settings that cannot be meant. */
export function developmentTlsMistakes(
  { NODE_ENV, DEVELOPMENT_TLS_PORT: port }: Environment,
  given: ReadonlySet<string>,
): string[] {
  if (port === undefined || port === 'off') return [];
  const mistakes: string[] = [];
  if (NODE_ENV === 'production')
    mistakes.push(
      'DEVELOPMENT_TLS_PORT must not be set in production: anyone gets a certificate there. Set TLS_CERT, TLS_KEY and CLIENT_CA.',
    );
  if (given.has('TLS_CERT') || given.has('CLIENT_CA'))
    mistakes.push('DEVELOPMENT_TLS_PORT is for servers without TLS_CERT and CLIENT_CA. Unset it.');
  return mistakes;
}

/** Null when the server has TLS or authorities of its own, and everywhere but on a developer’s machine. */
export function developmentTls(
  { NODE_ENV: mode, DEVELOPMENT_TLS_PORT: asked, TLS_CERT, CLIENT_CA, DATA_DIR }: Environment,
  publicUrl: string,
): DevelopmentTlsConfig | null {
  const isDevelopment = (mode === undefined || mode === 'development') && isLoopback(publicUrl);
  const port = asked ?? (isDevelopment ? USUAL_PORT : 'off');
  if (port === 'off' || TLS_CERT !== undefined || CLIENT_CA !== undefined) return null;
  return { port, folder: join(DATA_DIR ?? '.stepgate', 'certificates') };
}
