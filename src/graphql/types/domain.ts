// A domain of the tenant, for its administrators.
import { type Domain, DomainStatus } from '../../domains/domain.ts';
import type { TestReport } from '../../workflows/effects/outcome.ts';
import type { WorkflowReply } from '../../workflows/steps/reply.ts';
import { builder } from '../builder.ts';
import { describedEnum } from './described-enum.ts';
import { isRunOf, Workflow } from './workflow.ts';

const DomainStatusEnum = describedEnum<DomainStatus>(
  'DomainStatus',
  'Whether the users of a domain sign in with its identity provider.',
  {
    [DomainStatus.UNPROVED]: 'The domain is not proved. Publish its `record`, then call `checkDomain`.',
    [DomainStatus.LOST]:
      'The `record` was missing for a week, so the domain is no longer proved. Publish it, then call `checkDomain`.',
    [DomainStatus.DRAFT]: 'The domain is proved. Its users sign in as before.',
    [DomainStatus.ACTIVE]: 'Users with an address in the domain sign in with its identity provider.',
    [DomainStatus.CHANGED]:
      'The same as `ACTIVE`, but the configuration of the identity provider has changed or is gone. Users who have signed in with the provider before still can; nobody else is linked or signed up.',
  },
);

const DomainRecordType = builder.objectRef<Domain['record']>('DomainRecord').implement({
  description: 'A DNS record of type TXT.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name of the record.' }),
    value: t.exposeString('value', { description: 'Its value, without quotation marks.' }),
  }),
});

export const DomainType = builder.objectRef<Domain>('Domain').implement({
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'record' in value,
  description: 'A domain of your tenant, whose users sign in with one identity provider.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The domain name in lower case, with A-labels, such as `xn--bcher-kva.example`.',
    }),
    providerId: t.exposeID('providerId', { description: 'The identity provider of its users.' }),
    record: t.field({
      type: DomainRecordType,
      description: 'The DNS record that proves that the domain is yours. Keep it: it is checked every week.',
      resolve: (it) => it.record,
    }),
    status: t.field({
      type: DomainStatusEnum,
      description: 'Whether its users sign in with the provider.',
      resolve: (it) => it.status,
    }),
    verifiedAt: t.expose('verifiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when the domain is proved. Null if it is not.',
    }),
    checkedAt: t.expose('checkedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the record was last looked up with a definite answer. Null if it was not yet.',
    }),
    missingSince: t.expose('missingSince', {
      type: 'DateTime',
      nullable: true,
      description:
        'Since when the record of a proved domain is missing. After a week, the domain is lost. Null if it is not missing.',
    }),
    testedAt: t.expose('testedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When a test sign-in has last succeeded. Null if none has with the present configuration of the provider.',
    }),
    activatedAt: t.expose('activatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when its users sign in with the provider. Null if they do not.',
    }),
  }),
});

const DomainTestReportType = builder.objectRef<TestReport>('DomainTestReport').implement({
  description: 'What came back from an identity provider in a test. It contains no tokens.',
  fields: (t) => ({
    usable: t.exposeBoolean('isUsable', {
      description:
        'Whether the test has succeeded: the provider speaks for an address in the domain. Then the domain can be activated.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'The email address that the provider sent. Null if it sent none.',
    }),
    claims: t.stringList({ description: 'The names of the claims.', resolve: (it) => [...it.names] }),
    acr: t.exposeString('acr', {
      nullable: true,
      description: 'The claim `acr`, for `secondFactor` of the configuration. Null if there is none.',
    }),
    amr: t.stringList({
      description: 'The claim `amr`, for `secondFactor` of the configuration.',
      resolve: (it) => [...it.amr],
    }),
  }),
});

export const DomainTest = builder.objectRef<WorkflowReply>('DomainTest').implement({
  description: 'A test of the identity provider of a domain. It signs nobody in and links nobody.',
  interfaces: [Workflow],
  isTypeOf: isRunOf('provider-test'),
  fields: (t) => ({
    report: t.field({
      type: DomainTestReportType,
      nullable: true,
      description:
        'What came back. Returned once, in the reply to the step that completes the test; null otherwise.',
      resolve: (it) => it.report,
    }),
  }),
});
