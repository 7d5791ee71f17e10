// A user's own account.

import { DEFAULT_LOCALE } from '../../delivery/messages/locales.ts';
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';
import type { FactorKind as Kind } from '../../policy/factor-kind.ts';
import { listSessions } from '../../sessions/session.ts';
import { findProfile, type Profile } from '../../users/profile.ts';
import { builder } from '../builder.ts';
import { AuditEventType, listAuditEvents } from './audit-event.ts';
import { FactorKindEnum, RoleEnum } from './enums.ts';
import { Assurance, SessionType } from './session.ts';

/** An id is enough: each field reads what it shows. */
export interface UserRef {
  readonly id: string;
}

/** By the object that a field returned, so that a mutation's answer shows what the mutation has changed. */
const profiles = new WeakMap<UserRef, Promise<Profile | null>>();

/** One statement, however many of its fields are asked for. */
function profileOf(user: UserRef, em: EntityManager): Promise<Profile | null> {
  const known = profiles.get(user);
  if (known !== undefined) return known;
  const profile = findProfile(sqlOf(em), user.id);
  profiles.set(user, profile);
  return profile;
}

interface AuthenticatorShape {
  readonly id: string;
  readonly factor: Kind;
  readonly label: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
}

const EmailAddressType = builder
  .objectRef<{ id: string; address: string; verifiedAt: Date | null }>('EmailAddress')
  .implement({
    description: 'An e-mail address of a user.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Its id.' }),
      address: t.exposeString('address', { description: 'The address, as its user typed it.' }),
      verifiedAt: t.expose('verifiedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When its user proved it.',
      }),
    }),
  });

const PhoneNumberType = builder
  .objectRef<{ id: string; number: string; secondFactor: boolean; verifiedAt: Date | null }>('PhoneNumber')
  .implement({
    description: 'A phone number of a user.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Its id.' }),
      number: t.exposeString('number', { description: 'The number in E.164 form.' }),
      secondFactor: t.exposeBoolean('secondFactor', {
        description: 'Whether its user lets it be a second factor.',
      }),
      verifiedAt: t.expose('verifiedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When its user proved it.',
      }),
    }),
  });

export const AuthenticatorType = builder.objectRef<AuthenticatorShape>('Authenticator').implement({
  description: 'One registered instance of a factor: a password, an authenticator app.',
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'factor' in value && 'lastUsedAt' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id.' }),
    factor: t.field({ type: FactorKindEnum, description: 'Its kind.', resolve: (it) => it.factor }),
    label: t.exposeString('label', { nullable: true, description: 'What its user calls it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When its enrollment began.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was proved last.',
    }),
  }),
});

export const UserType = builder.objectRef<UserRef>('User').implement({
  description: 'A person with an account.',
  isTypeOf: (value) => !(value instanceof Error),
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The `sub` of their tokens.' }),
    name: t.string({
      nullable: true,
      description: 'What they are called. They said so at their sign-up, or it was imported.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.name ?? null,
    }),
    locale: t.string({
      description: 'The language of their messages, as a BCP 47 tag; `setLocale` changes it.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.locale ?? DEFAULT_LOCALE,
    }),
    externalId: t.string({
      nullable: true,
      description: 'Their id in the system that they were imported from. No other user of the tenant has it.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.externalId ?? null,
    }),
    roles: t.field({
      type: [RoleEnum],
      description: 'What they may do beyond their own account.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.roles ?? [],
    }),
    emailAddresses: t.field({
      type: [EmailAddressType],
      description: 'Their e-mail addresses, the oldest first.',
      resolve: async ({ id }, _args, { em }) => {
        const rows = await sqlOf(em)
          .selectFrom('email_address')
          .select(['id', 'address', 'typed', 'verified_at'])
          .where('user_id', '=', id)
          .orderBy('created_at')
          .execute();
        return rows.map((row) => ({
          id: row.id,
          address: row.typed ?? row.address,
          verifiedAt: row.verified_at,
        }));
      },
    }),
    phoneNumbers: t.field({
      type: [PhoneNumberType],
      description: 'Their phone numbers, the oldest first.',
      resolve: async ({ id }, _args, { em }) => {
        const rows = await sqlOf(em)
          .selectFrom('phone_number')
          .select(['id', 'number', 'second_factor', 'verified_at'])
          .where('user_id', '=', id)
          .orderBy('created_at')
          .execute();
        return rows.map((row) => ({
          id: row.id,
          number: row.number,
          secondFactor: row.second_factor,
          verifiedAt: row.verified_at,
        }));
      },
    }),
    authenticators: t.field({
      type: [AuthenticatorType],
      description: 'Their authenticators that have been proved, the oldest first.',
      resolve: async ({ id }, _args, { em }) => {
        const rows = await sqlOf(em)
          .selectFrom('authenticator')
          .select(['id', 'factor', 'label', 'created_at', 'last_used_at'])
          .where('user_id', '=', id)
          .where('confirmed_at', 'is not', null)
          .orderBy('created_at')
          .execute();
        return rows.map((row) => ({
          id: row.id,
          factor: row.factor,
          label: row.label,
          createdAt: row.created_at,
          lastUsedAt: row.last_used_at,
        }));
      },
    }),
    smsFactors: t.boolean({
      description: 'Whether they let text messages be a factor of theirs at all; `setSmsFactors` changes it.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.sms ?? false,
    }),
    backupCodesRemaining: t.int({
      description: 'How many backup codes they have not used yet.',
      resolve: async ({ id }, _args, { em }) => {
        const row = await sqlOf(em)
          .selectFrom('backup_code')
          .select((it) => it.fn.countAll<string>().as('remaining'))
          .where('user_id', '=', id)
          .where('used_at', 'is', null)
          .executeTakeFirstOrThrow();
        return Number(row.remaining);
      },
    }),
    sessions: t.field({
      type: [SessionType],
      description: 'Their sessions that have not ended, the newest first.',
      resolve: ({ id }, _args, { em, services }) => listSessions(sqlOf(em), id, services.clock.now()),
    }),
    assurance: t.field({
      type: Assurance,
      nullable: true,
      description: 'What the session that asks has proved. Null for another user.',
      resolve: ({ id }, _args, { session }) => (session?.userId === id ? session : null),
    }),
    auditEvents: t.field({
      type: [AuditEventType],
      nullable: true,
      stepUp: true,
      description:
        'What happened to this account, the newest first: at most 100. It shows where a person was.',
      resolve: ({ id }, _args, { em }) => listAuditEvents(sqlOf(em), id),
    }),
  }),
});
