// `keys rewrap`: reseals with the first key what other keys have sealed. It can be interrupted, repeated, and run while
// servers are running: a value that changes in the meantime is left alone.
import { sql as raw } from 'kysely';
import { type Sql, sqlOf } from '../../persistence/orm.ts';
import type { Rewrappable } from '../../persistence/sealed-column.ts';
import { notedKeys } from '../../persistence/secret-keys.ts';
import { type KeyRing, UnknownKeyError } from '../../platform/key-ring.ts';
import { SealBrokenError } from '../../platform/seal.ts';
import { RefusedError } from '../run-command.ts';
import type { KeysAction } from './action.ts';
import { keyIdIn, REWRAPPABLE } from './sealed-columns.ts';

/** Rows locked at a time, for the duration of one statement. */
const BATCH = 500;

interface Stored {
  readonly id: string;
  readonly stored: string;
}

interface Resealed extends Stored {
  readonly sealed: string;
}

export const rewrap: KeysAction = async ({ em, ring, say, now }) => {
  const { id } = ring.newest;
  const sql = sqlOf(em);
  if (!(await notedKeys(sql)).includes(id))
    throw new RefusedError(
      `No server seals with key ${id} yet. Put it first in SECRET_KEYS on every node, restart the nodes, and run this again.`,
    );
  let unopened = 0;
  for (const kind of REWRAPPABLE) {
    const outcome = await rewrapKind(sql, ring, kind, now);
    unopened += outcome.unopened;
    say(`${kind.name}: ${outcome.rewrapped} resealed`);
  }
  if (unopened === 0) return 0;
  say(`${unopened} could not be opened: their key is not in SECRET_KEYS, or the values are corrupted.`);
  return 1;
};

async function rewrapKind(sql: Sql, ring: KeyRing, kind: Rewrappable, now: Date) {
  const outcome = { rewrapped: 0, unopened: 0 };
  let batch: readonly Stored[] = [];
  do {
    const after = batch.at(-1)?.id ?? null;
    batch = await underOtherKeys(sql, kind, { newest: ring.newest.id, after, now });
    const fresh = batch.flatMap((one) => resealed(ring, kind, one) ?? []);
    outcome.rewrapped += await replace(sql, kind, fresh);
    outcome.unopened += batch.length - fresh.length;
  } while (batch.length === BATCH);
  return outcome;
}

async function underOtherKeys(
  sql: Sql,
  kind: Rewrappable,
  { newest, after, now }: { readonly newest: string; readonly after: string | null; readonly now: Date },
): Promise<readonly Stored[]> {
  const id = raw.ref(kind.id);
  const { rows } = await raw<Stored>`
    select ${id} as id, ${raw.ref(kind.column)} as stored
    from ${raw.table(kind.table)}
    where ${kind.where(now)} and ${keyIdIn(kind)} <> ${newest}
      ${after === null ? raw`` : raw`and ${id} > ${after}`}
    order by ${id} limit ${raw.lit(BATCH)}`.execute(sql);
  return rows;
}

/** Null when it cannot be opened. */
function resealed(ring: KeyRing, kind: Rewrappable, { id, stored }: Stored): Resealed | null {
  try {
    return { id, stored, sealed: kind.reseal(ring, id, stored) };
  } catch (error) {
    if (error instanceof UnknownKeyError || error instanceof SealBrokenError) return null;
    throw error;
  }
}

/** @returns the number of values replaced. Values that changed in the meantime are not. */
async function replace(sql: Sql, kind: Rewrappable, fresh: readonly Resealed[]): Promise<number> {
  if (fresh.length === 0) return 0;
  const [table, column, id] = [raw.table(kind.table), raw.ref(kind.column), raw.ref(kind.id)];
  const { numAffectedRows } = await raw`
    update ${table} as t set ${column} = v.sealed
    from json_to_recordset(cast(${JSON.stringify(fresh)} as json))
      as v(id ${raw.raw(kind.idType)}, stored text, sealed text)
    where t.${id} = v.id and t.${column} = v.stored`.execute(sql);
  return Number(numAffectedRows ?? 0n);
}
