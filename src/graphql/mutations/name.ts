// What a user is called.
import { z } from 'zod';
import { changeName } from '../../users/name.ts';
import { personName } from '../../users/record.ts';
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
    description: 'Changes what you are called. It is shown to you, and makes a bad password of yours.',
    args: {
      name: t.arg.string({ description: 'The new name, at most 128 characters; none when left out.' }),
    },
    resolve: async (_root, args, context) => {
      const { services, ...caller } = signedIn(context);
      const { name } = parseInput(form, args);
      await changeName(name, { ...caller, now: services.clock.now() });
      return { id: caller.session.userId };
    },
  }),
);
