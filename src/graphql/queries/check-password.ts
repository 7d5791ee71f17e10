// Feedback on a new password while the user types it. The password is checked and then discarded.
import { z } from 'zod';
import { findAccount, passwordOwner, passwordPolicyOf } from '../../factors/account.ts';
import type { PasswordOwner } from '../../factors/password/guessable-words.ts';
import type { Assessment } from '../../factors/password/new-passwords.ts';
import { passwordSettingsOf } from '../../persistence/entities/tenant.ts';
import { type PasswordPolicy, passwordPolicy } from '../../policy/password-policy.ts';
import { orOverloaded } from '../../workflows/errors.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { InvalidInput, newPassword, parseInput } from '../input.ts';
import { publicTenant } from '../public-tenant.ts';
import { PasswordProblemType, PasswordStrengthEnum } from '../types/password.ts';

const PasswordFeedback = builder.objectRef<Assessment>('PasswordFeedback').implement({
  description: 'How strong a new password is, and which rules it breaks.',
  fields: (t) => ({
    acceptable: t.boolean({
      description: 'Whether the password meets the policy.',
      resolve: ({ problems }) => problems.length === 0,
    }),
    problems: t.field({
      type: [PasswordProblemType],
      description: 'All rules that the password breaks. Empty if it is acceptable.',
      resolve: ({ problems }) => [...problems],
    }),
    strength: t.field({
      type: PasswordStrengthEnum,
      nullable: true,
      description:
        'How hard the password is to guess, for a strength meter. Null if it is too short or too long.',
      resolve: ({ strength }) => strength,
    }),
  }),
});

const CheckPasswordInput = builder.inputType('CheckPasswordInput', {
  description:
    'A password to check, and the user it is for. If you are signed in, the password is checked for your account, and every field except `password` is ignored.',
  fields: (t) => ({
    password: t.string({ required: true, description: 'The password, as typed so far.' }),
    tenant: t.string({ description: 'The name of the tenant. Defaults to `default`.' }),
    email: t.string({
      description: 'The user’s email address, as typed so far. A password that resembles it is weak.',
    }),
    name: t.string({ description: 'The user’s name. A password that resembles it is weak.' }),
  }),
});

const form = z.object({
  password: newPassword,
  tenant: z.string().nullish(),
  // Not validated as an address, because the user may still be typing it.
  email: z.string().max(254, 'The email address is too long. The maximum is 254 characters.').nullish(),
  name: z.string().max(128, 'The name is too long. The maximum is 128 characters.').nullish(),
});

builder.queryField('checkPassword', (t) =>
  t.field({
    type: PasswordFeedback,
    description:
      'Checks a new password while the user types it, by the same rules as `startSignUp`, `chooseNewPassword` and `changePassword`. The password is neither stored nor logged. Send it as a variable in the body of a POST request. GraphQL errors: `TOO_MANY_CHECKS` and `OVERLOADED`, both with `retryAfterSeconds` in `extensions`.',
    args: {
      input: t.arg({
        type: CheckPasswordInput,
        required: true,
        description: 'The password to check, and the user it is for.',
      }),
    },
    resolve: async (_root, { input }, context) => {
      if (context.isUrlQuery) {
        throw new InvalidInput([
          {
            path: 'password',
            message: 'Send the password in the body of a POST request. URLs end up in logs.',
          },
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
  const account = session === null ? null : await findAccount(em, session.userId);
  if (account !== null) return { policy: passwordPolicyOf(account), owner: passwordOwner(account) };
  const tenant = await publicTenant(em, input.tenant);
  return {
    policy: passwordPolicy(passwordSettingsOf(tenant), tenant.second_factor),
    owner: { email: input.email ?? null, name: input.name ?? null },
  };
}
