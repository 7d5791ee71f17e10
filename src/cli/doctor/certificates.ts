// Checks the files of TLS and of client certificates.
import type { Config } from '../../config/config.ts';
import { ClientCertificates } from '../../factors/certificate/client-certificates.ts';
import { createLog } from '../../platform/log.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { Tls } from '../../server/tls.ts';
import { type Finding, findingsOf } from './finding.ts';

export async function checkCertificates(
  { tls, clientCertificates: settings }: Pick<Config, 'tls' | 'clientCertificates'>,
  now: Date,
): Promise<Finding> {
  const certificates = findingsOf('certificates');
  if (tls === null && settings === null) return certificates.skipped('TLS_CERT and CLIENT_CA are not set.');
  const log = createLog('silent');
  try {
    const clientCertificates = settings && (await ClientCertificates.open(settings, log));
    if (tls !== null) await Tls.open({ ...tls, clientCertificates, log });
    const dueAt = clientCertificates?.listsDueAt ?? null;
    return dueAt === null || now < dueAt
      ? certificates.ok('All files can be read.')
      : certificates.failed(
          `A revocation list was due for replacement at ${dueAt.toISOString()}, so certificates of its authority are refused.`,
          'Download the list again, and check the job that does so.',
        );
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return certificates.failed(error.message.replaceAll(/\s+/g, ' '), 'Replace the file.');
  }
}
