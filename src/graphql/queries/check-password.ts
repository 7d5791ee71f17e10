// What is wrong with a password, while it is typed. It is checked and forgotten.
import { z } from 'zod';
import { findAccount, passwordOwner, passwordPolicyOf } from '../../factors/account.ts';
import type { PasswordOwner } from '../../factors/password/guessable-words.ts';
import type { Assessment } from '../../factors/password/new-passwords.ts';
import { passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { type PasswordPolicy, passwordPolicy } from '../../policy/password-policy.ts';
import { orOverloaded } from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { InvalidInput, newPassword, parseInput } from '../input.ts';
import { publicTenant } from '../public-tenant.ts';
import { PasswordProblemType, PasswordStrengthEnum } from '../types/password.ts';

const PasswordFeedback = builder.objectRef<Assessment>('PasswordFeedback').implement({
  description: 'What a new password is worth, and what is wrong with it.',
  fields: (t) => ({
    acceptable: t.boolean({
      description: 'Whether it would be taken.',
      resolve: ({ problems }) => problems.length === 0,
    }),
    problems: t.field({
      type: [PasswordProblemType],
      description: 'Every rule that it breaks; none when it would be taken.',
      resolve: ({ problems }) => [...problems],
    }),
    strength: t.field({
      type: PasswordStrengthEnum,
      nullable: true,
      description: 'How hard it is to guess, for a meter; null while it is too short or too long.',
      resolve: ({ strength }) => strength,
    }),
  }),
});

const CheckPasswordInput = builder.inputType('CheckPasswordInput', {
  description: 'A password, and for whom it is. When you are signed in, for you: only `password` counts.',
  fields: (t) => ({
    password: t.string({ required: true, description: 'What is typed so far.' }),
    tenant: t.string({ description: 'The tenant’s name; `default` when left out.' }),
    email: t.string({ description: 'The address that is typed; it makes a bad password.' }),
    name: t.string({ description: 'What the user is called; it makes a bad password.' }),
  }),
});

const form = z.object({
  password: newPassword,
  tenant: z.string().nullish(),
  // Half an address is fine, because it is still being typed.
  email: z.string().max(254, 'An e-mail address has at most 254 characters.').nullish(),
  name: z.string().max(128, 'A name has at most 128 characters.').nullish(),
});

builder.queryField('checkPassword', (t) =>
  t.field({
    type: PasswordFeedback,
    description:
      'What is wrong with a password, and how to mend it, while it is typed: `startSignUp`, `chooseNewPassword` and `changePassword` decide by the same rules. It is neither stored nor logged; send it in the body of a POST request, as a variable. Fails with `TOO_MANY_CHECKS` or `OVERLOADED` and `retryAfterSeconds`.',
    args: {
      input: t.arg({ type: CheckPasswordInput, required: true, description: 'Which, and for whom.' }),
    },
    resolve: async (_root, { input }, context) => {
      if (context.isUrlQuery) {
        throw new InvalidInput([
          { path: 'password', message: 'Send it in the body of a POST request: addresses are logged.' },
        ]);
      }
      const parsed = parseInput(form, input);
      const { checkLimit, passwords } = context.services;
      const check = async (): Promise<Assessment> => {
        const { policy, owner } = await purposeOf(context, parsed);
        return passwords.assess(parsed.password, policy, owner);
      };
      return checkLimit.run(context.client.ip, check).catch(orOverloaded);
    },
  }),
);

interface Purpose {
  readonly policy: PasswordPolicy;
  readonly owner: PasswordOwner;
}

async function purposeOf({ em, session }: GraphQLContext, input: z.infer<typeof form>): Promise<Purpose> {
  const account = session === null ? null : await findAccount(sqlOf(em), session.userId);
  if (account !== null) return { policy: passwordPolicyOf(account), owner: passwordOwner(account) };
  const tenant = await publicTenant(sqlOf(em), input.tenant);
  return {
    policy: passwordPolicy(passwordSettingsOf(tenant), tenant.second_factor),
    owner: { email: input.email ?? null, name: input.name ?? null },
  };
}
