// The row of a new authenticator, which has not been used yet, and its confirmation by the first proof.
import type { Row, UnitOfWork } from '../persistence/unit-of-work.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

export interface UnusedAuthenticator {
  readonly id: string;
  readonly userId: string;
  readonly factor: FactorKind;
  readonly label?: string | null;
  /** In the form in which its factor stores it. */
  readonly secret: string;
  /** What the factor keeps beside it. It is not sealed. */
  readonly data?: object | null;
  /** By which it is found from a proof that says who its user is. */
  readonly identity?: Identity | null;
  readonly createdAt: Date;
  /** Null until the user has proved it. It does not count before that. */
  readonly confirmedAt: Date | null;
}

/** A digest that is unique in the tenant. */
export interface Identity {
  readonly tenantId: string;
  readonly digest: string;
}

export function authenticatorRow({
  id,
  userId,
  factor,
  label = null,
  secret,
  data = null,
  identity = null,
  createdAt,
  confirmedAt,
}: UnusedAuthenticator): Row<'authenticator'> {
  return {
    id,
    user_id: userId,
    factor,
    label,
    secret,
    data,
    tenant_id: identity?.tenantId ?? null,
    identity_digest: identity?.digest ?? null,
    last_time_step: null,
    created_at: createdAt,
    confirmed_at: confirmedAt,
    last_used_at: null,
  };
}

/** A condition, not a write: consuming the proof may already update this row, and one statement cannot update it twice. */
export function confirmAuthenticatorRow(
  unitOfWork: UnitOfWork,
  { id, now }: { readonly id: string; readonly now: Date },
): void {
  unitOfWork.require(async (sql) => {
    const { numUpdatedRows } = await sql
      .updateTable('authenticator')
      .set({ confirmed_at: now })
      .where('id', '=', id)
      .where('confirmed_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  });
}
