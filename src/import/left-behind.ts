// Decides what of a record cannot be imported, and whether its user can be imported without it. Silently dropping a
// second factor would make the password enough, so such a record is refused unless the operator allows it.
import { RecordError } from '../factors/record-error.ts';
import type { ImportedUser, Missing } from '../factors/transfer.ts';
import { READ_TRANSFERS, SECOND_FACTOR_FIELDS } from '../factors/transfers.ts';
import type { UserRecord } from './user-record.ts';

export interface LeftBehind {
  /** The field of the record. */
  readonly path: string;
  readonly reason: string;
  /** The second factors that are not imported, one entry each. */
  readonly secondFactors?: readonly string[];
}

/** @throws {RecordError} when second factors would be lost and the operator has not allowed that. */
export function leftBehindOf(
  record: UserRecord,
  user: ImportedUser,
  withoutSecondFactors: boolean,
): readonly LeftBehind[] {
  const missing = READ_TRANSFERS.flatMap((transfer) => transfer.leftBehind?.(record, user) ?? []);
  const lost = lostSecondFactors(missing, record.otherSecondFactors);
  if (lost !== null && !withoutSecondFactors) throw refusalOf(lost);
  return [
    ...(lost === null
      ? []
      : [{ path: lost.path, reason: `Imported without ${counted(lost.names)}.`, secondFactors: lost.names }]),
    ...missing.filter(({ secondFactor }) => secondFactor === undefined),
  ];
}

interface Lost {
  readonly path: string;
  readonly names: readonly string[];
  /** Why the first one cannot be imported. Null if only the source knows. */
  readonly defect: string | null;
}

function lostSecondFactors(missing: readonly Missing[], others: readonly string[]): Lost | null {
  const unreadable = missing.filter(({ secondFactor }) => secondFactor !== undefined);
  const names = [...unreadable.flatMap(({ secondFactor }) => secondFactor ?? []), ...others];
  if (names.length === 0) return null;
  const [{ path, reason }] = [...unreadable, { path: 'otherSecondFactors', reason: null }] as const;
  return { path, names, defect: reason };
}

/** When all are of the kind that the path names, the path says so. */
function refusalOf({ path, names, defect }: Lost): RecordError {
  const reason = [
    ...(defect === null ? [] : [defect]),
    `This user has second factors that cannot be imported: ${counted(names)}. To import such users without them, use --without-second-factors, or withoutSecondFactors in the API.`,
  ].join(' ');
  const inPath = secondFactorIn(path);
  return new RecordError(path, reason, names.every((name) => name === inPath) ? undefined : names);
}

/** The second factor that a path such as `totp.0.secret` names: its secret cannot be imported. Null for other paths. */
export function secondFactorIn(path: string): string | null {
  const field = /^(\w+)\.\d+\.secret$/.exec(path)?.[1];
  return field !== undefined && SECOND_FACTOR_FIELDS.includes(field) ? field : null;
}

/** For example `2 webauthn, 1 totp`. */
export function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}
