// Checks when the certificates of SAML providers expire. They are pinned, so an expired one still counts, but the provider is
// about to sign with another one.
import { X509Certificate } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { addSeconds } from '../../platform/clock.ts';
import { type Finding, findingsOf } from './finding.ts';

const WARN_SECONDS = 30 * 86_400;

/** The next certificate is pinned beside the old one, so the last one of each provider counts. */
export function checkSamlCertificates({ providers }: Pick<Config, 'providers'>, now: Date): Finding {
  const saml = findingsOf('SAML certificates');
  const found = providers.providers.filter((one) => one.protocol === 'SAML');
  if (found.length === 0) return saml.skipped('No identity provider speaks SAML.');
  const due = found
    .map(({ id, terms }) => ({ id, expiresAt: lastOf(terms.certificates) }))
    .filter(({ expiresAt }) => expiresAt < addSeconds(now, WARN_SECONDS));
  if (due.length === 0) return saml.ok('None expires within 30 days.');
  const named = due.map(({ id, expiresAt }) => `that of ${id} at ${expiresAt.toISOString()}`);
  return saml.warning(
    `Certificates expire: ${named.join(', ')}.`,
    'Get the next certificate from the provider, add it beside the old one, and restart.',
  );
}

function lastOf(certificates: readonly string[]): Date {
  const ends = certificates.map((one) => new Date(new X509Certificate(one).validTo).getTime());
  return new Date(Math.max(...ends));
}
