// Imports users from another system, a few at a time, as `stepgate import-users` does from a file. It cannot grant roles:
// only an operator can, on the server.

import { importedProviders } from '../../factors/oauth/transfer.ts';
import { TRANSFER_FIELDS } from '../../factors/transfers.ts';
import { type ImportedUser, importList, MOST_USERS, type RefusedUser } from '../../import/list.ts';
import { phoneCountriesOf } from '../../import/phone-countries.ts';
import { byAdministrator } from '../../persistence/audit.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput } from '../input.ts';
import { inputFields } from '../input-fields.ts';
import { UserType } from '../types/user.ts';

const ImportPhoneInput = builder.inputType('ImportPhoneInput', {
  description: 'A phone number of an imported user.',
  fields: (t) => ({
    number: t.string({
      required: true,
      description: 'The phone number in international format, for example `+4915112345678`.',
    }),
    verified: t.boolean({
      defaultValue: true,
      description: 'Whether the user proved the number in the other system.',
    }),
    secondFactor: t.boolean({
      defaultValue: false,
      description: 'Whether the number was a second factor in the other system.',
    }),
  }),
});

const ImportEmailAddressInput = builder.inputType('ImportEmailAddressInput', {
  description: 'A further email address of an imported user.',
  fields: (t) => ({
    address: t.string({ required: true, description: 'The email address.' }),
    verified: t.boolean({
      defaultValue: true,
      description: 'Whether the user proved the email address in the other system.',
    }),
  }),
});

const ImportUserInput = builder.inputType('ImportUserInput', {
  description: 'A user to import from another system. Give at least an email address or a phone number.',
  fields: (t) => ({
    id: t.id({ description: 'The UUID to use as the user’s id. By default, a new one is generated.' }),
    externalId: t.string({
      description:
        'The user’s id in the other system, at most 255 characters. It must be unique within the tenant.',
    }),
    name: t.string({ description: 'The user’s name, at most 128 characters.' }),
    email: t.string({ description: 'The user’s primary email address.' }),
    emailVerified: t.boolean({
      defaultValue: true,
      description:
        'Whether the user proved the email address in the other system. An address that was not proved may belong to someone else.',
    }),
    otherEmails: t.field({
      type: [ImportEmailAddressInput],
      description:
        'The user’s other email addresses, at most nine. They sign in with each of them; messages go to `email`.',
    }),
    phones: t.field({ type: [ImportPhoneInput], description: 'The user’s phone numbers.' }),
    smsFactors: t.boolean({
      defaultValue: true,
      description: 'Whether the user allows text messages as a factor.',
    }),
    ...inputFields(t, TRANSFER_FIELDS),
    otherSecondFactors: t.stringList({
      description:
        'The names of the user’s second factors that cannot be imported, for example `webauthn`, at most 20. A user who has such factors is refused unless `withoutSecondFactors` is `true`.',
    }),
    locale: t.string({ description: 'The language of the user’s messages, as a BCP 47 tag.' }),
    createdAt: t.field({ type: 'DateTime', description: 'When the user signed up in the other system.' }),
  }),
});

const ImportUsersInput = builder.inputType('ImportUsersInput', {
  description: 'The users to import from another system, and options for the import.',
  fields: (t) => ({
    users: t.field({
      type: [ImportUserInput],
      required: true,
      description: `The users to import, at most ${MOST_USERS} at a time.`,
    }),
    trustUnverified: t.boolean({
      defaultValue: false,
      description:
        'Treats unverified email addresses and phone numbers as verified. Anyone who entered someone else’s address in the other system then owns the account with that address.',
    }),
    acceptFastHashes: t.boolean({
      defaultValue: false,
      description: 'Accepts password hashes that are fast to guess, such as plain digests.',
    }),
    withoutSecondFactors: t.boolean({
      defaultValue: false,
      description:
        'Imports users even if some of their second factors cannot be imported. Users who are left without a second factor then sign in with their first factor alone.',
    }),
  }),
});

const ImportedUserType = builder.objectRef<ImportedUser>('ImportedUser').implement({
  description: 'A user who was imported.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'The position of the user in `users`, starting at 0.' }),
    user: t.field({ type: UserType, description: 'The imported user.', resolve: ({ id }) => ({ id }) }),
    leftBehind: t.stringList({
      description: 'What was not imported for this user, and why. Empty if everything was.',
      resolve: (it) => [...it.leftBehind],
    }),
  }),
});

const RefusedUserType = builder.objectRef<RefusedUser>('RefusedUser').implement({
  description: 'A user who was not imported. The other users were.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'The position of the user in `users`, starting at 0.' }),
    path: t.exposeString('path', {
      description: 'The path of the field that caused the refusal, for example `phones.0.number`.',
    }),
    message: t.exposeString('message', {
      description: 'Why the user was refused, and how to fix it if possible.',
    }),
  }),
});

const ImportedUsers = builder
  .objectRef<{ imported: readonly ImportedUser[]; refused: readonly RefusedUser[] }>('ImportedUsers')
  .implement({
    description: 'The result of an import: which users were imported, and which were refused.',
    isTypeOf: (value) => !(value instanceof Error),
    fields: (t) => ({
      imported: t.field({
        type: [ImportedUserType],
        description: 'The users who were imported.',
        resolve: (it) => [...it.imported],
      }),
      refused: t.field({
        type: [RefusedUserType],
        description: 'The users who were not imported, and why.',
        resolve: (it) => [...it.refused],
      }),
    }),
  });

builder.mutationField('importUsers', (t) =>
  t.errorUnionField({
    types: [ImportedUsers, InvalidInput, Conflict],
    nullable: true,
    requiresRole: 'ADMIN',
    stepUp: true,
    description:
      'Imports users from another system into your tenant, with their passwords and second factors. Imported factors count as proved, and users are not notified. A user is refused if another user already has the same address, phone number, id or external id; the existing user is not changed. A user with second factors that cannot be imported is refused unless `withoutSecondFactors` is `true`. To import a whole file, use the command `stepgate import-users`.',
    args: {
      input: t.arg({
        type: ImportUsersInput,
        required: true,
        description: 'The users to import, and options for the import.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      const { services, session, em, client } = signedIn(context);
      if (input.users.length > MOST_USERS) {
        throw new InvalidInput([
          { path: 'users', message: `Too many users. Send at most ${MOST_USERS} at a time.` },
        ]);
      }
      const terms = {
        ring: services.ring,
        tenantId: session.tenantId,
        trustUnverified: input.trustUnverified ?? false,
        acceptFastHashes: input.acceptFastHashes ?? false,
        withoutSecondFactors: input.withoutSecondFactors ?? false,
        phoneCountries: await phoneCountriesOf(em, session.tenantId, services.factors.countriesOfFirstFactor),
        providers: importedProviders(
          services.factors.providers.of(session.tenantId).map((one) => one.settings),
          session.tenantId,
        ),
        actor: byAdministrator(session, client),
        now: services.clock.now(),
      };
      const users = input.users.map((user) => ({ ...user, createdAt: user.createdAt?.toISOString() }));
      return importList(em, users, terms);
    },
  }),
);
