// What is kept about a user, for that user.
import { DATA_SECTIONS } from '../../export/data-sections.ts';
import { type DataPage, exportMyData, TooManyExports } from '../../export/my-data.ts';
import { EXPORT_PAGE, EXPORTS_HOURLY } from '../../policy/data-export.ts';
import { openApproves } from '../../workflows/approves.ts';
import { builder } from '../builder.ts';
import { signedIn } from '../context.ts';
import { InvalidInput } from '../input.ts';
import { EXPORT_WORTH } from '../limits.ts';

const KINDS = DATA_SECTIONS.map(({ kind }) => `\`${kind}\``).join(', ');

const DataExport = builder.objectRef<DataPage>('DataExport').implement({
  description: 'A page of what is kept about a user.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'records' in value,
  fields: (t) => ({
    records: t.field({
      type: ['JSON'],
      description: `Objects with a member \`kind\`: ${KINDS}. New kinds and members may be added. Times are in ISO 8601. An address of somebody else is never among them, nor a secret or a digest. docs/accounts.md lists what is left out.`,
      resolve: (it) => [...it.records],
    }),
    next: t.exposeString('next', {
      nullable: true,
      description:
        'Pass it as `after` to get the next page, within an hour of the first. Null for the last page.',
    }),
  }),
});

builder.mutationField('exportMyData', (t) =>
  t.errorUnionField({
    extensions: EXPORT_WORTH,
    types: [DataExport, InvalidInput, TooManyExports],
    nullable: true,
    stepUp: { require: 'STRONGEST_ENROLLED' },
    description: `Returns everything that is kept about you, ${EXPORT_PAGE} records at a time, audit events last and the newest of them first. At most ${EXPORTS_HOURLY} exports an hour, and one page in a request. An export is recorded in the audit log, and you are notified.`,
    args: {
      after: t.arg.string({
        description: 'The `next` of the page before. Omit it to begin a new export.',
      }),
    },
    resolve: async (_root, { after }, context) => {
      const { services, ...caller } = signedIn(context);
      const { ring, outbox, clock } = services;
      const owner = { ...caller, now: clock.now() };
      const page = await exportMyData({ ring, outbox, openApproves }, after ?? null, owner);
      if (page !== null) return page;
      const message = 'This export cannot be continued. Omit `after` to begin a new one.';
      throw new InvalidInput([{ path: 'after', message }]);
    },
  }),
);
