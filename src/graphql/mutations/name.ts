// The user's name.
import { z } from 'zod';
import { personName } from '../../import/user-record.ts';
import { changeName } from '../../users/name.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { UserType } from '../types/user.ts';

const form = z.object({ name: personName.nullish().transform((name) => name ?? null) });

builder.mutationField('updateName', (t) =>
  t.errorUnionField({
    types: [UserType, InvalidInput],
    nullable: true,
    authenticated: true,
    description: 'Changes your name. Passwords that resemble your name count as weak.',
    args: {
      name: t.arg.string({
        description: 'Your new name, at most 128 characters. Omit it to remove your name.',
      }),
    },
    resolve: async (_root, args, context) => {
      const { services, ...caller } = signedIn(context);
      const { name } = parseInput(form, args);
      await changeName(name, { ...caller, now: services.clock.now() });
      return { id: caller.session.userId };
    },
  }),
);
