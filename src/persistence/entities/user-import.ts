// How far the import of one file has come. Written with each batch of users, in the same transaction, so that an import
// that was killed goes on with the next record.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';

export const UserImport = defineEntity({
  name: 'UserImport',
  properties: {
    /** A digest of the file, its tenant, and how it is read. */
    id: p.string().length(43).primary(),
    tenant: () => p.manyToOne(Tenant),
    /** Of the file, that were read. */
    records: p.integer(),
    imported: p.integer(),
    refused: p.integer(),
    /** The length of the report about the refused ones, as far as it counts. */
    reportBytes: p.integer(),
    updatedAt: p.datetime(),
    finishedAt: p.datetime().nullable(),
  },
});
