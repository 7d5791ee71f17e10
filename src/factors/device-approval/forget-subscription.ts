// Forgets the Web Push subscription of a device that has ended, for example because the user withdrew the permission. The
// device can still answer: its user opens the page, or scans the address that a request then shows.
import { sql as raw } from 'kysely';
import type { Sql } from '../../persistence/orm.ts';
import { FactorKind } from '../../policy/factor-kind.ts';

export async function forgetSubscription(sql: Sql, deviceId: string): Promise<void> {
  await sql
    .updateTable('authenticator')
    .set({ data: raw`data || '{"subscribed": false}'` })
    .where('id', '=', deviceId)
    .where('factor', '=', FactorKind.DEVICE_APPROVAL)
    .execute();
}
