// Enrolls the key of a certificate. The authenticator is written without a key when the enrollment begins, and the first
// proof sets it. One key belongs to one user of a tenant.
import type { X509Certificate } from 'node:crypto';
import { jsonText } from '../../persistence/jsonb.ts';
import { digest } from '../../platform/digest.ts';
import { misleading } from '../../platform/one-line-text.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { authenticatorRow, confirmAuthenticatorRow } from '../authenticator-row.ts';
import type { Consume } from '../factor.ts';
import type { FactorEnrollment } from '../factor-enrollment.ts';
import { CertificateTaken } from './errors.ts';

/** What is stored of the certificate that was used last. It decides nothing. */
interface CertificateData {
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

const LONGEST_LABEL = 64;

/** The digest of a public key in a tenant. Certificates with the same key have the same digest. */
export function keyDigest(tenantId: string, { publicKey }: X509Certificate): string {
  const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64url');
  return digest(`${tenantId}:${key}`);
}

export const certificateEnrollment: FactorEnrollment = {
  hint: () => null,
  begin(unitOfWork, { id, userId, label, now }) {
    const secret = withoutKey(id);
    const factor = FactorKind.CERTIFICATE;
    const unproved = { id, userId, factor, label, secret, createdAt: now, confirmedAt: null };
    unitOfWork.insert('authenticator', authenticatorRow(unproved));
    return { secret, data: null };
  },
  confirm: confirmAuthenticatorRow,
};

/** Stands for the key until the first proof. It is no digest. */
function withoutKey(id: string): string {
  return `new:${id}`;
}

/** Sets the key of a new authenticator. */
export function setKey(id: string, key: string, certificate: X509Certificate, now: Date): Consume {
  return (unitOfWork) => {
    unitOfWork.require(async (sql) => {
      const other = await sql
        .selectFrom('authenticator')
        .select('id')
        .where('factor', '=', FactorKind.CERTIFICATE)
        .where('secret', '=', key)
        .where('confirmed_at', 'is not', null)
        .executeTakeFirst();
      if (other !== undefined) throw new CertificateTaken();
      return true;
    });
    unitOfWork.requireWrite((sql) =>
      sql
        .updateTable('authenticator')
        .set((it) => ({
          secret: key,
          data: dataOf(certificate),
          label: it.fn.coalesce('label', it.val(labelOf(certificate))),
          last_used_at: now,
        }))
        .where('id', '=', id)
        .where('secret', '=', withoutKey(id))
        .returning('id'),
    );
  };
}

/** Fails if the authenticator has been removed in the meantime. */
export function useKey(id: string, certificate: X509Certificate, now: Date): Consume {
  return (unitOfWork) =>
    unitOfWork.requireWrite((sql) =>
      sql
        .updateTable('authenticator')
        .set({ data: dataOf(certificate), last_used_at: now })
        .where('id', '=', id)
        .returning('id'),
    );
}

function dataOf({ subject, issuer, validTo }: X509Certificate): CertificateData {
  return jsonText<CertificateData>({
    subject: inOneLine(subject),
    issuer: inOneLine(issuer),
    expiresAt: new Date(validTo).toISOString(),
  });
}

/** The common name, for a user who has given no label. Null if it cannot be shown. */
function labelOf({ subject }: X509Certificate): string | null {
  const name = /^CN=(.+)$/m.exec(subject)?.[1] ?? '';
  return name === '' || name.length > LONGEST_LABEL || misleading(name) !== null ? null : name;
}

function inOneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}
