// The language of a user's messages.
import { z } from 'zod';
import { findLocale, LOCALES } from '../../delivery/messages/locales.ts';
import { languageTag } from '../../import/user-record.ts';
import { changeLocale } from '../../users/locale.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { UserType } from '../types/user.ts';

const form = z.object({
  locale: languageTag.transform((tag, context) => {
    const locale = findLocale(tag);
    if (locale !== null) return locale;
    context.addIssue(`This language is not available. Choose one of: ${LOCALES.join(', ')}.`);
    return z.NEVER;
  }),
});

builder.mutationField('setLocale', (t) =>
  t.errorUnionField({
    types: [UserType, InvalidInput],
    nullable: true,
    authenticated: true,
    description:
      'Sets the language of the messages that you receive. Until you set it, it is the language that your browser requested when you signed up.',
    args: {
      locale: t.arg.string({
        required: true,
        description:
          'The language as a BCP 47 tag: one of the `locales` of `settings`, or a variant of one such as `de-AT`.',
      }),
    },
    resolve: async (_root, args, context) => {
      const { services, ...caller } = signedIn(context);
      const { locale } = parseInput(form, args);
      await changeLocale(locale, { ...caller, now: services.clock.now() });
      return { id: caller.session.userId };
    },
  }),
);
