// Tells what a link is for. Reading it must not change anything, because mail scanners follow links.
import { findLink } from '../../factors/link/approval.ts';
import { builder } from '../builder.ts';
import { LinkRequestType } from '../types/link.ts';

builder.queryField('link', (t) =>
  t.field({
    type: LinkRequestType,
    nullable: true,
    description:
      'What the link with this token approves, or null if the link is invalid or expired. Reading it does not approve it.',
    args: {
      token: t.arg.string({ required: true, description: 'The token: the part of the link after the `#`.' }),
    },
    resolve: (_root, { token }, { em, services }) => findLink(em, token, services.clock.now()),
  }),
);
