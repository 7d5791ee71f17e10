// What the visitor of a link does with it.
import { approveLink, LinkExpired, rejectLink } from '../../factors/link/approval.ts';
import { Conflict } from '../../persistence/settlement.ts';
import { builder } from '../builder.ts';
import { LinkRequestType } from '../types/link.ts';

const TOKEN = { required: true, description: 'What follows the `#` of the link.' } as const;

builder.mutationField('approveLink', (t) =>
  t.errorUnionField({
    types: [LinkRequestType, LinkExpired, Conflict],
    description:
      'Approves what somebody asked for with a link: after a click of a person who has seen `link`. The workflow that asked goes on, wherever it is; the visitor gets no session.',
    args: { token: t.arg.string(TOKEN) },
    resolve: (_root, { token }, { em, client, services }) =>
      approveLink(token, { em, client, now: services.clock.now() }),
  }),
);

builder.mutationField('rejectLink', (t) =>
  t.errorUnionField({
    types: [LinkRequestType, LinkExpired, Conflict],
    description: 'It was somebody else who asked for the link: it is void, and their workflow is over.',
    args: { token: t.arg.string(TOKEN) },
    resolve: (_root, { token }, { em, client, services }) =>
      rejectLink(token, { em, client, now: services.clock.now() }),
  }),
);
