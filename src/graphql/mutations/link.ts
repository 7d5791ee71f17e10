// What the person who opens a link can do with it.
import { approveLink, LinkExpired, rejectLink } from '../../factors/link/approval.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { builder } from '../builder.ts';
import { LinkRequestType } from '../types/link.ts';

const TOKEN = { required: true, description: 'The token: the part of the link after the `#`.' } as const;

builder.mutationField('approveLink', (t) =>
  t.errorUnionField({
    types: [LinkRequestType, LinkExpired, Conflict],
    description:
      'Approves the request behind a link. Call it only after a person has seen the details in `link` and clicked to approve. The workflow continues in the browser that started it; the person who approves does not get a session.',
    args: { token: t.arg.string(TOKEN) },
    resolve: (_root, { token }, { em, client, services }) =>
      approveLink(token, { em, client, now: services.clock.now(), changes: services.changes }),
  }),
);

builder.mutationField('rejectLink', (t) =>
  t.errorUnionField({
    types: [LinkRequestType, LinkExpired, Conflict],
    description:
      'Rejects the request behind a link, because someone else made it. The link stops working, and the workflow that requested it fails.',
    args: { token: t.arg.string(TOKEN) },
    resolve: (_root, { token }, { em, client, services }) =>
      rejectLink(token, { em, client, now: services.clock.now(), changes: services.changes }),
  }),
);
