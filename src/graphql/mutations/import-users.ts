// Takes in users who come from another system, a few at a time: what `stepgate import-users` does with a file. Roles are
// not among what can be said here: they are granted at the machine.

import { byAdministrator } from '../../persistence/audit.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { Conflict } from '../../persistence/settlement.ts';
import { type ImportedUser, importList, MOST_USERS, type RefusedUser } from '../../users/list-import.ts';
import { phoneCountriesOf } from '../../users/phone-countries.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput } from '../input.ts';
import { UserType } from '../types/user.ts';

const ImportPhoneInput = builder.inputType('ImportPhoneInput', {
  description: 'A phone number of a user who comes from another system.',
  fields: (t) => ({
    number: t.string({ required: true, description: 'The number in international form.' }),
    verified: t.boolean({ defaultValue: true, description: 'Whether its user has proved it there.' }),
    secondFactor: t.boolean({
      defaultValue: false,
      description: 'Whether its user has made it a second factor there.',
    }),
  }),
});

const ImportUserInput = builder.inputType('ImportUserInput', {
  description: 'A user who comes from another system. An e-mail address or a phone number is needed.',
  fields: (t) => ({
    id: t.id({ description: 'A UUID that is to be the user’s id; a new one when left out.' }),
    externalId: t.string({
      description:
        'The id in the system that they come from. At most 255 characters; no two users of a tenant have the same.',
    }),
    name: t.string({ description: 'What they are called. At most 128 characters.' }),
    email: t.string({ description: 'The e-mail address with which they sign in.' }),
    emailVerified: t.boolean({
      defaultValue: true,
      description: 'Whether they have proved the address there. One that nobody has may be somebody else’s.',
    }),
    phones: t.field({ type: [ImportPhoneInput], description: 'Their phone numbers.' }),
    smsFactors: t.boolean({
      defaultValue: true,
      description: 'Whether they let text messages be a factor of theirs at all.',
    }),
    passwordHash: t.string({
      description:
        'The hash of their password: bcrypt, Argon2, scrypt, PBKDF2 and others, in the usual texts. It is replaced at their next sign-in.',
    }),
    mustChangePassword: t.boolean({
      defaultValue: false,
      description:
        'Whether they were to choose a new password there. The hash is then left behind, and they reset the password.',
    }),
    totp: t.stringList({
      description:
        'The secrets of their authenticator apps, in base32 or as otpauth:// URIs: SHA1, 6 digits, 30 seconds.',
    }),
    backupCodes: t.stringList({ description: 'Backup codes that they have and have not used. At most 20.' }),
    otherSecondFactors: t.stringList({
      description:
        'The names of second factors that they have there and that cannot come along, for example `webauthn`. Such a user is refused unless `withoutSecondFactors` says otherwise. At most 20.',
    }),
    locale: t.string({ description: 'The language of their messages, as a BCP 47 tag.' }),
    createdAt: t.field({ type: 'DateTime', description: 'When they signed up there.' }),
  }),
});

const ImportUsersInput = builder.inputType('ImportUsersInput', {
  description: 'Users who come from another system, and how they are taken in.',
  fields: (t) => ({
    users: t.field({
      type: [ImportUserInput],
      required: true,
      description: `The users, at most ${MOST_USERS} at a time.`,
    }),
    trustUnverified: t.boolean({
      defaultValue: false,
      description:
        'Takes addresses and numbers that nobody has verified for proved: whoever wrote one down owns the account.',
    }),
    acceptFastHashes: t.boolean({
      defaultValue: false,
      description: 'Takes in password hashes that are guessed fast, such as plain digests.',
    }),
    withoutSecondFactors: t.boolean({
      defaultValue: false,
      description:
        'Imports users who have second factors that cannot come along without these. Those who have no other one then sign in with their first factor alone.',
    }),
  }),
});

const ImportedUserType = builder.objectRef<ImportedUser>('ImportedUser').implement({
  description: 'A user who was taken in.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Which of `users`, from 0.' }),
    user: t.field({ type: UserType, description: 'The user.', resolve: ({ id }) => ({ id }) }),
    leftBehind: t.stringList({
      description: 'What they came in without, and why; empty when they have all that was sent.',
      resolve: (it) => [...it.leftBehind],
    }),
  }),
});

const RefusedUserType = builder.objectRef<RefusedUser>('RefusedUser').implement({
  description: 'A user who was not taken in. The others were.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Which of `users`, from 0.' }),
    path: t.exposeString('path', { description: 'Where, for example `phones.0.number`.' }),
    message: t.exposeString('message', {
      description: 'What is wrong and, where it can be said, how to mend it.',
    }),
  }),
});

const ImportedUsers = builder
  .objectRef<{ imported: readonly ImportedUser[]; refused: readonly RefusedUser[] }>('ImportedUsers')
  .implement({
    description: 'Who was taken in, and who was not.',
    isTypeOf: (value) => !(value instanceof Error),
    fields: (t) => ({
      imported: t.field({
        type: [ImportedUserType],
        description: 'Who was taken in.',
        resolve: (it) => [...it.imported],
      }),
      refused: t.field({
        type: [RefusedUserType],
        description: 'Who was not, and why.',
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
      'Takes users of another system into your tenant, with their passwords and second factors. They count as having proved what they bring, and nobody gets a message. A user whose address, number, id or external id somebody has already is refused, and whoever has it stays as they are. A user who has second factors that cannot come along is refused unless `withoutSecondFactors` says otherwise. For whole files there is the command `stepgate import-users`.',
    args: { input: t.arg({ type: ImportUsersInput, required: true, description: 'Who.' }) },
    resolve: async (_root, { input }, context) => {
      const { services, session, em, client } = signedIn(context);
      if (input.users.length > MOST_USERS) {
        throw new InvalidInput([{ path: 'users', message: `Send at most ${MOST_USERS} users at a time.` }]);
      }
      const terms = {
        ring: services.ring,
        tenantId: session.tenantId,
        trustUnverified: input.trustUnverified ?? false,
        acceptFastHashes: input.acceptFastHashes ?? false,
        withoutSecondFactors: input.withoutSecondFactors ?? false,
        phoneCountries: await phoneCountriesOf(
          sqlOf(em),
          session.tenantId,
          services.factors.countriesOfFirstFactor,
        ),
        actor: byAdministrator(session, client),
        now: services.clock.now(),
      };
      const users = input.users.map((user) => ({ ...user, createdAt: user.createdAt?.toISOString() }));
      return importList(em, users, terms);
    },
  }),
);
