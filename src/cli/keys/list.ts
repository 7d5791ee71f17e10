// `keys list`: shows what still needs each key, and until when. Exit code 1: a key is missing.
import { sqlOf } from '../../persistence/orm.ts';
import type { Release } from '../../persistence/sealed-column.ts';
import { notedKeys } from '../../persistence/secret-keys.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { linesOf } from '../table.ts';
import type { KeysAction } from './action.ts';
import { type Count, countByKey, heldByOwner } from './sealed-columns.ts';

interface ListedKey {
  readonly id: string;
  readonly role: 'seals' | 'opens' | 'MISSING';
  /** Whether a server has recorded it and no operator has retired it. */
  readonly isNoted: boolean;
  readonly needs: readonly Count[];
}

export function list({ json }: { readonly json: boolean }): KeysAction {
  return async ({ em, ring, say, print, now }) => {
    const sql = sqlOf(em);
    const counts = await countByKey(sql, now);
    const noted = await notedKeys(sql);
    const ids = [...new Set([...ring.ids, ...noted, ...counts.map(({ keyId }) => keyId)])];
    const keys = ids.map((id) => ({
      id,
      role: roleOf(id, ring),
      isNoted: noted.includes(id),
      needs: counts.filter(({ keyId }) => keyId === id),
    }));
    if (json) print(keys.map(jsonOf));
    else
      for (const line of linesOf([['KEY', 'ROLE', 'COUNT', 'WHAT', 'NEEDED UNTIL'], ...keys.flatMap(rowsOf)]))
        say(line);
    return keys.some(({ role }) => role === 'MISSING') ? 1 : 0;
  };
}

function roleOf(id: string, ring: KeyRing): ListedKey['role'] {
  if (id === ring.newest.id) return 'seals';
  return ring.ids.includes(id) ? 'opens' : 'MISSING';
}

function jsonOf({ id, role, needs }: ListedKey) {
  return {
    id,
    role: role.toLowerCase(),
    needs: needs.map(({ name, count, release, until }) => ({
      what: name,
      count,
      release: release.toLowerCase(),
      until,
    })),
  };
}

function rowsOf({ id, role, isNoted, needs }: ListedKey): string[][] {
  const until = (one: Count) => (role === 'seals' ? '' : UNTIL[one.release](one));
  if (needs.length > 0)
    return needs.map((one, at) => [
      at === 0 ? id : '',
      at === 0 ? role : '',
      `${one.count}`,
      one.name,
      until(one),
    ]);
  const idle = isNoted ? `you run \`npx stepgate keys retire ${id}\`` : '';
  return [[id, role, '0', '', role === 'seals' ? '' : idle]];
}

const UNTIL: Readonly<Record<Release, (count: Count) => string>> = {
  REWRAP: () => 'you run `npx stepgate keys rewrap`',
  OWNER: ({ name }) => heldByOwner(name).waitFor,
  EXPIRY: ({ until }) => until?.toISOString() ?? '',
};
