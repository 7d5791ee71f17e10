// The row of a new authenticator, which has not been used yet.
import type { Row } from '../persistence/unit-of-work.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

interface UnusedAuthenticator {
  readonly id: string;
  readonly userId: string;
  readonly factor: FactorKind;
  readonly label?: string | null;
  /** In the form in which its factor stores it. */
  readonly secret: string;
  /** What the factor keeps beside it. It is not sealed. */
  readonly data?: object | null;
  readonly createdAt: Date;
  /** Null until the user has proved it. It does not count before that. */
  readonly confirmedAt: Date | null;
}

export function authenticatorRow({
  id,
  userId,
  factor,
  label = null,
  secret,
  data = null,
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
    last_time_step: null,
    created_at: createdAt,
    confirmed_at: confirmedAt,
    last_used_at: null,
  };
}
