// `keys list`: shows what still needs each key, and until when. Exit code 1: a key is missing.
import { sqlOf } from '../../persistence/orm.ts';
import { notedKeys } from '../../persistence/secret-keys.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { linesOf } from '../table.ts';
import type { KeysAction } from './action.ts';
import { type Count, countByKey, type Release } from './sealed-columns.ts';

export const list: KeysAction = async ({ em, ring, say, now }) => {
  const sql = sqlOf(em);
  const counts = await countByKey(sql, now);
  const noted = await notedKeys(sql);
  const ids = [...new Set([...ring.ids, ...noted, ...counts.map(({ keyId }) => keyId)])];
  const rows = ids.flatMap((id) => rowsOf(id, roleOf(id, ring), noted.includes(id), counts));
  for (const line of linesOf([['KEY', 'ROLE', 'COUNT', 'WHAT', 'NEEDED UNTIL'], ...rows])) say(line);
  return ids.every((id) => ring.ids.includes(id)) ? 0 : 1;
};

function roleOf(id: string, ring: KeyRing): 'seals' | 'opens' | 'MISSING' {
  if (id === ring.newest.id) return 'seals';
  return ring.ids.includes(id) ? 'opens' : 'MISSING';
}

function rowsOf(id: string, role: string, isNoted: boolean, counts: readonly Count[]): string[][] {
  const own = counts.filter(({ keyId }) => keyId === id);
  const until = (one: Count) => (role === 'seals' ? '' : UNTIL[one.release](one));
  if (own.length > 0)
    return own.map((one, at) => [
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
  OWNER: ({ name }) => (name === 'passwords' ? 'the users sign in with them' : 'they are used or replaced'),
  EXPIRY: ({ until }) => until?.toISOString() ?? '',
};
