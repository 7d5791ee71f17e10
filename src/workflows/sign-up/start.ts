// Starts a sign-up. An address that already has an account takes the same steps and the same work, but its owner gets a
// message instead of a code, so the sign-up never continues.
import type { Locale } from '../../delivery/messages/locales.ts';
import type { Account } from '../../factors/account.ts';
import { authenticatorRow } from '../../factors/authenticator-row.ts';
import { captureOfDomain } from '../../factors/capture.ts';
import { domainOf, type Mailbox } from '../../factors/email/mailbox.ts';
import type { NewPasswords } from '../../factors/password/new-passwords.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import { keyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { randomId } from '../../platform/random.ts';
import { evidenceOf } from '../../policy/evidence.ts';
import { ENROLLED_FIRST, FactorKind } from '../../policy/factor-kind.ts';
import { passwordPolicy } from '../../policy/password-policy.ts';
import { PasswordUse } from '../../policy/password-use.ts';
import type { Caller } from '../caller.ts';
import { orOverloaded, PasswordRequired, ProviderRequired, TenantNotFound } from '../errors.ts';
import { insertUser, newAccount } from '../new-account.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import type { SignUpInput } from './chart.ts';

interface NewAccount {
  /** Null for a user who has nothing but a passkey. */
  readonly email: Mailbox | null;
  /** Null for a user who enrolls a passkey instead. */
  readonly password: string | null;
  /** The name of the user. Null if not given. */
  readonly name: string | null;
  readonly tenantId: string;
}

interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly passwords: NewPasswords;
  readonly ring: KeyRing;
  readonly clock: Clock;
}

export async function startSignUp(
  { runner, factors, passwords, ring, clock }: Services,
  { email, password, name, tenantId }: NewAccount,
  caller: Caller,
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const tenant = await sqlOf(caller.em)
    .selectFrom('tenant')
    .selectAll('tenant')
    .select((it) =>
      it
        .selectFrom('email_address as e')
        .innerJoin('user_account as u', 'u.id', 'e.user_id')
        .whereRef('e.tenant_id', '=', 'tenant.id')
        .where('e.address', '=', email?.address ?? null)
        .where('e.verified_at', 'is not', null)
        .select('u.locale')
        .as('owner_locale'),
    )
    .select((it) => captureOfDomain(it.ref('tenant.id'), email && domainOf(email.address)).as('capture'))
    .where('id', '=', tenantId)
    .executeTakeFirst();
  if (tenant === undefined) throw new TenantNotFound();
  if (tenant.capture !== null) throw new ProviderRequired();
  const mayHaveNone = tenant.password_use === PasswordUse.OPTIONAL && factors.get(FactorKind.PASSKEY);
  if (password === null && !mayHaveNone) throw new PasswordRequired();
  const passwordSettings = passwordSettingsOf(tenant);
  const policy = passwordPolicy(passwordSettings, tenant.second_factor);
  const secret =
    password === null
      ? null
      : await passwords.hash(password, policy, { email: email?.typed ?? null, name }).catch(orOverloaded);

  const now = clock.now();
  const account = newAccount(tenant, {
    name,
    locale: caller.locale,
    email: email && {
      id: randomId(),
      ...email,
      verified: false,
      owner: tenant.owner_locale === null ? null : { locale: tenant.owner_locale as Locale },
    },
  });
  const input: SignUpInput = {
    chosen: secret === null ? null : evidenceOf(FactorKind.PASSWORD, secondsOf(now)),
    hasAddress: email !== null,
    secondFactorPolicy: tenant.second_factor,
    enrolls: secret === null ? FactorKind.PASSKEY : ENROLLED_FIRST,
    newAuthenticatorId: randomId(),
  };
  return runner.start(
    {
      name: 'sign-up',
      input,
      tenantId,
      account,
      subject: signUpSubject(ring, tenantId, email?.address ?? account.id),
      unitOfWork: pendingUser(account, secret, now),
    },
    caller,
  );
}

/** Counts all sign-ups with an address together, taken or not, and apart from the sign-ins of its user. */
function signUpSubject(ring: KeyRing, tenantId: string, address: string): string {
  return `sign-up:${keyedDigest(ring, 'identifier', `${tenantId}:${address}`)}`;
}

/** An inactive user. It is deleted after a day if the sign-up does not get that far. */
function pendingUser(account: Account, secret: string | null, now: Date): UnitOfWork {
  const unitOfWork = new UnitOfWork();
  insertUser(unitOfWork, account, now, null);
  if (secret === null) return unitOfWork;
  const password = { factor: FactorKind.PASSWORD, secret, createdAt: now, confirmedAt: now };
  unitOfWork.insert('authenticator', authenticatorRow({ id: randomId(), userId: account.id, ...password }));
  return unitOfWork;
}
