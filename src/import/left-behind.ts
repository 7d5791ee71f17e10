// Decides what of a record cannot be imported, and whether its user can be imported without it. Silently dropping a
// second factor would make the password enough, so such a record is refused unless the operator allows it.

import { RecordError } from './refusal.ts';
import type { UserRecord } from './user-record.ts';

export interface LeftBehind {
  /** The field of the record. */
  readonly path: string;
  readonly reason: string;
  /** The second factors that are not imported, one entry each. */
  readonly secondFactors?: readonly string[];
}

export interface App {
  readonly secret: string;
  readonly label: string | null;
}

/** A record without the parts that cannot be imported. */
export interface Portable extends Omit<UserRecord, 'totp' | 'otherSecondFactors' | 'mustChangePassword'> {
  readonly totp: readonly App[];
  /** Backup codes only replace another second factor; they are useless alone. */
  readonly keepsBackupCodes: boolean;
}

/** @throws {RecordError} when second factors would be lost and the operator has not allowed that. */
export function portable(
  { otherSecondFactors, mustChangePassword, ...record }: UserRecord,
  withoutSecondFactors: boolean,
): { readonly record: Portable; readonly leftBehind: readonly LeftBehind[] } {
  const lost = lostSecondFactors(record.totp, otherSecondFactors);
  if (lost !== null && !withoutSecondFactors) throw refusalOf(lost);
  const totp = record.totp.filter((app) => app.secret !== null);
  const hasSecondFactor = totp.length > 0 || record.phones.some((phone) => phone.secondFactor);
  const hasUselessCodes = !hasSecondFactor && record.backupCodes.length > 0;
  return {
    record: {
      ...record,
      totp,
      keepsBackupCodes: hasSecondFactor,
      passwordHash: mustChangePassword ? null : record.passwordHash,
    },
    leftBehind: [
      ...(lost === null
        ? []
        : [
            {
              path: lost.path,
              reason: `Imported without ${counted(lost.names)}.`,
              secondFactors: lost.names,
            },
          ]),
      ...(hasUselessCodes ? [USELESS_CODES] : []),
      ...(mustChangePassword ? [PASSWORD] : []),
    ],
  };
}

const USELESS_CODES: LeftBehind = {
  path: 'backupCodes',
  reason: 'Imported without backup codes. They only replace another second factor, and this user has none.',
};

const PASSWORD: LeftBehind = {
  path: 'passwordHash',
  reason: 'Imported without the password, because it had to be changed. The user must reset it.',
};

interface Lost {
  readonly path: string;
  readonly names: readonly string[];
  /** Why an authenticator app cannot be imported. */
  readonly defect: string | null;
}

function lostSecondFactors(totp: UserRecord['totp'], others: readonly string[]): Lost | null {
  const at = totp.findIndex((app) => app.secret === null);
  const names = [...totp.filter((app) => app.secret === null).map(() => 'totp'), ...others];
  if (names.length === 0) return null;
  return at < 0
    ? { path: 'otherSecondFactors', names, defect: null }
    : { path: `totp.${at}.secret`, names, defect: totp[at]?.defect ?? null };
}

/** When only authenticator apps would be lost, the path says so. */
function refusalOf({ path, names, defect }: Lost): RecordError {
  const reason = [
    ...(defect === null ? [] : [defect]),
    `This user has second factors that cannot be imported: ${counted(names)}. To import such users without them, use --without-second-factors, or withoutSecondFactors in the API.`,
  ].join(' ');
  const isAppAlone = names.every((name) => name === 'totp') && defect !== null;
  return new RecordError(path, reason, isAppAlone ? undefined : names);
}

/** For example `2 webauthn, 1 totp`. */
export function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}
