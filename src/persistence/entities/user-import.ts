// The progress of a file import. Written with each batch of users, in the same transaction, so that an interrupted
// import can continue.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';

export const UserImport = defineEntity({
  name: 'UserImport',
  properties: {
    /** A digest of the file, the tenant and the options. */
    id: p.string().length(43).primary(),
    tenant: () => p.manyToOne(Tenant),
    /** The number of records read. */
    records: p.integer(),
    imported: p.integer(),
    refused: p.integer(),
    /** The length of the report up to the last committed batch. */
    reportBytes: p.integer(),
    updatedAt: p.datetime(),
    finishedAt: p.datetime().nullable(),
  },
});
