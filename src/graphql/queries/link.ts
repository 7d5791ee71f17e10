// What a link is for. Reading it changes nothing: mail scanners follow links.
import { findLink } from '../../factors/link/approval.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { builder } from '../builder.ts';
import { LinkRequestType } from '../types/link.ts';

builder.queryField('link', (t) =>
  t.field({
    type: LinkRequestType,
    nullable: true,
    description:
      'What the link of this token would approve; null when it is not valid (any more). Reading it approves nothing.',
    args: { token: t.arg.string({ required: true, description: 'What follows the `#` of the link.' }) },
    resolve: (_root, { token }, { em, services }) => findLink(sqlOf(em), token, services.clock.now()),
  }),
);
