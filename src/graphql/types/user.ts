// A user and what belongs to their account.
import { DEFAULT_LOCALE } from '../../delivery/messages/locales.ts';
import {
  countBackupCodes,
  type ListedAuthenticator,
  listAuthenticators,
} from '../../factors/list-authenticators.ts';
import { listIdentities } from '../../factors/oauth/identity.ts';
import { listAuditEvents } from '../../persistence/audit-of-user.ts';
import type { EntityManager } from '../../persistence/orm.ts';
import { listSessions } from '../../sessions/active-session.ts';
import { listRememberedBrowsers } from '../../sessions/remembered-browsers.ts';
import { listEmailAddresses, listPhoneNumbers } from '../../users/contacts.ts';
import { listMergedUsers } from '../../users/merge/merged-users.ts';
import { findProfile, type Profile } from '../../users/profile.ts';
import { listAgentRequests } from '../../workflows/agent-request/waiting.ts';
import { builder } from '../builder.ts';
import { AccountDeletionType } from './account-deletion.ts';
import { AgentRequestType } from './agent.ts';
import { AuditEventType } from './audit-event.ts';
import { EmailAddressType, PhoneNumberType } from './contact.ts';
import { FactorKindEnum, RoleEnum } from './enums.ts';
import { IdentityType } from './identity.ts';
import { RememberedBrowserType } from './remembered-browser.ts';
import { Assurance, SessionType } from './session.ts';

/** Only the id. Each field reads what it returns. */
export interface UserRef {
  readonly id: string;
}

/** Keyed by the object that a field returned, so that a mutation's result shows what the mutation changed. */
const profiles = new WeakMap<UserRef, Promise<Profile | null>>();

/** Runs one statement, however many profile fields are selected. */
function profileOf(user: UserRef, em: EntityManager): Promise<Profile | null> {
  const known = profiles.get(user);
  if (known !== undefined) return known;
  const profile = findProfile(em, user.id);
  profiles.set(user, profile);
  return profile;
}

export const AuthenticatorType = builder.objectRef<ListedAuthenticator>('Authenticator').implement({
  description:
    'One instance of a factor that a user has enrolled, such as a password or an authenticator app.',
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'factor' in value && 'lastUsedAt' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the authenticator.' }),
    factor: t.field({
      type: FactorKindEnum,
      description: 'The factor that the authenticator proves.',
      resolve: (it) => it.factor,
    }),
    label: t.exposeString('label', {
      nullable: true,
      description: 'The name that the user gave the authenticator. Null if none.',
    }),
    model: t.exposeString('model', {
      nullable: true,
      description:
        'The product that keeps a passkey, for example a password manager, as it says itself. Null if unknown, and for other factors.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the enrollment of the authenticator was started.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the authenticator was last proved. Null if unknown.',
    }),
  }),
});

export const UserType = builder.objectRef<UserRef>('User').implement({
  description: 'A user account.',
  isTypeOf: (value) => !(value instanceof Error),
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'The id of the user. It is the `sub` claim of their access tokens.',
    }),
    name: t.string({
      nullable: true,
      description: 'The user’s name, from sign-up, import or `updateName`. Null if none.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.name ?? null,
    }),
    locale: t.string({
      description: 'The language of the user’s messages, as a BCP 47 tag. `setLocale` changes it.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.locale ?? DEFAULT_LOCALE,
    }),
    externalId: t.string({
      nullable: true,
      description:
        'The user’s id in the system that they were imported from. It is unique within the tenant. Null if none.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.externalId ?? null,
    }),
    mergedUserIds: t.field({
      type: ['ID'],
      description:
        'The ids of the users who were merged into this one, oldest first. What your services keep for them belongs to this user now.',
      resolve: ({ id }, _args, { em }) => listMergedUsers(em, id),
    }),
    roles: t.field({
      type: [RoleEnum],
      description: 'The user’s roles. Most users have none. For an agent, those of them that it may use.',
      resolve: async (user, _args, { em, session }) => {
        // A service that asks about an agent's session learns which roles count.
        if (session?.agent != null && session.userId === user.id) return [...session.roles];
        return (await profileOf(user, em))?.roles ?? [];
      },
    }),
    emailAddresses: t.field({
      type: [EmailAddressType],
      description: 'The user’s email addresses, oldest first.',
      resolve: ({ id }, _args, { em }) => listEmailAddresses(em, id),
    }),
    phoneNumbers: t.field({
      type: [PhoneNumberType],
      description: 'The user’s phone numbers, oldest first.',
      resolve: ({ id }, _args, { em }) => listPhoneNumbers(em, id),
    }),
    authenticators: t.field({
      type: [AuthenticatorType],
      description: 'The user’s authenticators whose enrollment is complete, oldest first.',
      resolve: ({ id }, _args, { em }) => listAuthenticators(em, id),
    }),
    identities: t.field({
      type: [IdentityType],
      nullable: true,
      description:
        'The user’s accounts at identity providers, oldest first. Null for any user other than `viewer`.',
      resolve: ({ id }, _args, { em, session, services }) =>
        session?.userId === id ? listIdentities(em, services.ring, id) : null,
    }),
    smsFactors: t.boolean({
      description: 'Whether the user allows text messages as a factor. `setSmsFactors` changes it.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.sms ?? false,
    }),
    backupCodesRemaining: t.int({
      description: 'The number of the user’s unused backup codes.',
      resolve: ({ id }, _args, { em }) => countBackupCodes(em, id),
    }),
    sessions: t.field({
      type: [SessionType],
      description: 'The user’s active sessions, newest first.',
      resolve: ({ id }, _args, { em, services }) => listSessions(em, id, services.clock.now()),
    }),
    agentRequests: t.field({
      type: [AgentRequestType],
      nullable: true,
      description:
        'The operations that the user’s agents want to run and that wait for an approval, newest first. Null for any user other than `viewer`.',
      resolve: ({ id }, _args, { em, session, services }) =>
        session?.userId === id && session.agent === null
          ? listAgentRequests(em, id, services.clock.now())
          : null,
    }),
    rememberedBrowsers: t.field({
      type: [RememberedBrowserType],
      nullable: true,
      description:
        'The browsers on which a sign-in of the user takes no second step, newest first. Null for any user other than `viewer`.',
      resolve: ({ id }, _args, { em, session, deviceToken, services }) =>
        session?.userId === id ? listRememberedBrowsers(em, id, deviceToken, services.clock.now()) : null,
    }),
    deletion: t.field({
      type: AccountDeletionType,
      nullable: true,
      description:
        'The scheduled deletion of the account, with which `deleteAccount` begins. Show it to the user after each sign-in. Null if the account stays.',
      resolve: async (user, _args, { em }) => (await profileOf(user, em))?.deletion ?? null,
    }),
    assurance: t.field({
      type: Assurance,
      nullable: true,
      description: 'What the current session has proved. Null for any user other than `viewer`.',
      resolve: ({ id }, _args, { session }) => (session?.userId === id ? session : null),
    }),
    auditEvents: t.field({
      type: [AuditEventType],
      nullable: true,
      stepUp: true,
      description:
        'The 100 most recent audit events of the account, newest first. Requires a step-up, because the events show where the user has been.',
      resolve: ({ id }, _args, { em }) => listAuditEvents(em, id),
    }),
  }),
});
