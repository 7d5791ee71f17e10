// What of a record stays behind, and whether its user may come in without it. A second factor that is lost in silence makes
// a password enough, so a record with one is refused unless the operator says otherwise.
import type { UserRecord } from './record.ts';
import { RecordRefused } from './refusal.ts';

export interface LeftBehind {
  /** The field of the record. */
  readonly path: string;
  readonly reason: string;
  /** The second factors that stay behind, one entry each. */
  readonly secondFactors?: readonly string[];
}

export interface App {
  readonly secret: string;
  readonly label: string | null;
}

/** A record without what stays behind. */
export interface Portable extends Omit<UserRecord, 'totp' | 'otherSecondFactors' | 'mustChangePassword'> {
  readonly totp: readonly App[];
  /** Backup codes stand in for another second factor, never alone. */
  readonly keepsBackupCodes: boolean;
}

/** @throws {RecordRefused} when second factors would be lost that must not be. */
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
  reason:
    'Imported without the backup codes: they stand in for another second factor, and this user has none.',
};

const PASSWORD: LeftBehind = {
  path: 'passwordHash',
  reason: 'Imported without the password: it was to be changed, so the user resets it.',
};

interface Lost {
  readonly path: string;
  readonly names: readonly string[];
  /** Why an authenticator app cannot come along. */
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

/** Where an app is all that would be lost, the path says so. */
function refusalOf({ path, names, defect }: Lost): RecordRefused {
  const reason = [
    ...(defect === null ? [] : [defect]),
    `This user has second factors that cannot come along: ${counted(names)}. To import such users without them, use --without-second-factors, or withoutSecondFactors in the API.`,
  ].join(' ');
  const isAppAlone = names.every((name) => name === 'totp') && defect !== null;
  return new RecordRefused(path, reason, isAppAlone ? undefined : names);
}

/** `2 webauthn, 1 totp`. */
export function counted(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}
