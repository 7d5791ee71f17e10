// Lists what a user has enrolled, as account pages show it.
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { FactorData } from './account.ts';
import { modelOf } from './registry.ts';

export interface ListedAuthenticator {
  readonly id: string;
  readonly factor: FactorKind;
  readonly label: string | null;
  /** The product that it is. Null when it is not known. */
  readonly model: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

/** Only those whose enrollment is complete, oldest first. */
export async function listAuthenticators(em: EntityManager, userId: string): Promise<ListedAuthenticator[]> {
  const rows = await sqlOf(em)
    .selectFrom('authenticator')
    .select(['id', 'factor', 'label', 'data', 'created_at', 'last_used_at'])
    .where('user_id', '=', userId)
    .where('confirmed_at', 'is not', null)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    factor: row.factor,
    label: row.label,
    model: row.data === null ? null : modelOf(row.factor, row.data as FactorData),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }));
}

/** The number of backup codes that are not used yet. */
export async function countBackupCodes(em: EntityManager, userId: string): Promise<number> {
  const { remaining } = await sqlOf(em)
    .selectFrom('backup_code')
    .select((it) => it.fn.countAll<string>().as('remaining'))
    .where('user_id', '=', userId)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(remaining);
}
