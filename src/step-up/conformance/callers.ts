// The callers of the conformance suite, by name. A server under test puts the named one into the context.
import { evidenceOf } from '../../policy/evidence.ts';
import { type FactorKind, FactorKind as Kind } from '../../policy/factor-kind.ts';
import type { Presented } from '../auth-context.ts';
import type { TokenFault } from '../refusal-error.ts';

/** The time of all decisions, in seconds since 1970. */
const NOW = 1_800_000_000;

/** What each caller has proved: the age of each factor, in seconds. */
function caller(
  ages: Partial<Record<FactorKind, number>>,
  {
    enrolled = [Kind.TOTP],
    roles = [],
  }: { enrolled?: readonly FactorKind[]; roles?: readonly string[] } = {},
): Presented {
  const proved = Object.entries(ages) as [FactorKind, number][];
  const evidence = proved.map(([factor, age]) => evidenceOf(factor, NOW - age));
  return { authContext: { evidence, enrolled, roles }, fault: null, now: NOW };
}

function nobody(fault: TokenFault | null): Presented {
  return { authContext: null, fault, now: NOW };
}

/** The name of a caller. */
export type CallerName =
  | 'nobody'
  | 'expired'
  | 'invalid'
  | 'weak'
  | 'unenrolled'
  | 'fresh'
  | 'atTheLimit'
  | 'pastTheLimit'
  | 'otherFactor'
  | 'oneCategory'
  | 'ahead'
  | 'admin'
  | 'weakAdmin'
  | 'leaving'
  | 'ageing';

const PASSWORD = 3600;

const FRESH = caller({ PASSWORD, TOTP: 10 });

/** One caller for two events of a subscription, and another one from the third on. */
function changing(first: Presented, third: Presented): () => Presented {
  return () => {
    let events = 0;
    const again = async (): Promise<Presented> => ({ ...(++events < 3 ? first : third), again });
    return { ...first, again };
  };
}

const LONG: Partial<Record<CallerName, () => Presented>> = {
  leaving: changing(FRESH, nobody('INVALID')),
  ageing: changing(FRESH, { ...FRESH, now: NOW + 291 }),
};

/** Who asks. A new object each time, because the guards add the time that passes since they first saw one. */
export function callerNamed(name: string | null | undefined): Presented {
  return LONG[name as CallerName]?.() ?? { ...(CALLERS[name as CallerName] ?? CALLERS.nobody) };
}

const CALLERS: Readonly<Record<CallerName, Presented>> = {
  nobody: nobody(null),
  expired: nobody('EXPIRED'),
  invalid: nobody('INVALID'),
  /** Has a second factor, and has not proved it. */
  weak: caller({ PASSWORD }),
  /** Has no second factor. */
  unenrolled: caller({ PASSWORD: 10 }, { enrolled: [] }),
  fresh: FRESH,
  /** Proved a second factor exactly as long ago as the default allows. */
  atTheLimit: caller({ PASSWORD, TOTP: 600 }),
  pastTheLimit: caller({ PASSWORD, TOTP: 601 }),
  /** Proved another second factor than TOTP. */
  otherFactor: caller({ PASSWORD, BACKUP_CODE: 10 }, { enrolled: [Kind.TOTP, Kind.BACKUP_CODE] }),
  /** Proved a second factor, and no other category. */
  oneCategory: caller({ TOTP: 10 }),
  /** Proved it in the future, which a wrong clock or a forger says. */
  ahead: caller({ PASSWORD, TOTP: -3600 }),
  admin: caller({ PASSWORD, TOTP: 10 }, { roles: ['ADMIN'] }),
  weakAdmin: caller({ PASSWORD }, { roles: ['ADMIN'] }),
  /** Signs out after two events of a subscription. */
  leaving: FRESH,
  /** Has a proof that is older than 300 seconds from the third event on. */
  ageing: FRESH,
};
