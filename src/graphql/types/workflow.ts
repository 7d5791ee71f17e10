// Workflows as clients see them: one interface, and one type per statechart.

import type { FactorData } from '../../factors/account.ts';
import type { FactorChoice } from '../../factors/factor.ts';
import type { ShownAs, UnprovedAuthenticator } from '../../factors/factor-enrollment.ts';
import { type TotpEnrollment, totpEnrollment } from '../../factors/totp/enrollment.ts';
import { openTotpSecret } from '../../factors/totp/totp.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { ChartName } from '../../workflows/chart-name.ts';
import type { OutstandingChallenge } from '../../workflows/effects/outcome.ts';
import type { WorkflowReply } from '../../workflows/steps/reply.ts';
import { remedyOf } from '../../workflows/view.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { FactorKindEnum, WorkflowRemedyEnum, WorkflowStatusEnum } from './enums.ts';
import { SessionGrantType } from './session.ts';

const FactorOption = builder.objectRef<FactorChoice>('FactorOption').implement({
  description: 'A factor that can be proved now.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      description: 'The factor that can be proved.',
      resolve: (it) => it.factor,
    }),
    authenticatorId: t.exposeID('authenticatorId', {
      nullable: true,
      description:
        'The authenticator to prove, if the user can have several of this factor. Pass it to `prepareFactor`. Null otherwise.',
    }),
    providerId: t.id({
      nullable: true,
      description:
        'The identity provider, for `OAUTH`: one of the `providers` of `settings`. Pass it to `prepareFactor`. Null for other factors.',
      resolve: ({ providerId }) => providerId ?? null,
    }),
    hint: t.exposeString('hint', {
      nullable: true,
      description:
        'A masked address or number, or a label, by which the user recognizes the authenticator. Null until the first factor is proved, so that strangers learn nothing about the account. For `OAUTH`, the name of the provider.',
    }),
    needsPreparing: t.exposeBoolean('needsPreparing', {
      description:
        'Whether you must call `prepareFactor` first, which sends the code or link that the user needs.',
    }),
  }),
});

const Challenge = builder.objectRef<OutstandingChallenge>('Challenge').implement({
  description: 'A code or link that was sent to the user and has not been used yet.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      description: 'The factor that answers the challenge.',
      resolve: (it) => it.factor,
    }),
    hint: t.exposeString('hint', {
      nullable: true,
      description:
        'The masked address or number that the message was sent to. Null while it could reveal something about the account to strangers.',
    }),
    sentAt: t.expose('sentAt', {
      type: 'DateTime',
      description: 'When the message was sent. `prepareFactor` can send a new one 30 seconds later.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the code or link expires.',
    }),
    approvedAt: t.expose('approvedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the link was approved, on any device, or the request on the user’s device. From then on, `attemptFactor` accepts `{ linkApproved: true }` or `{ deviceApproval: true }`. Null for codes, and until the approval.',
    }),
    request: t.expose('request', {
      type: 'JSON',
      nullable: true,
      description:
        'What your client needs to answer the challenge. Its form depends on the factor: for `DEVICE_APPROVAL`, the `number` to show, and, if the device cannot be notified, a `url` to open on it; for `OAUTH`, the `url` to send the browser to, which only the reply of `prepareFactor` contains. Null for codes and links, which the user receives in a message.',
    }),
  }),
});

const TotpEnrollmentType = builder.objectRef<TotpEnrollment>('TotpEnrollment').implement({
  description:
    'What an authenticator app needs to generate codes (RFC 6238 with SHA-1, 6 digits and a period of 30 seconds).',
  fields: (t) => ({
    secret: t.exposeString('secret', { description: 'The secret in base32, for users who type it in.' }),
    uri: t.exposeString('uri', {
      description: 'The key URI, `otpauth://totp/…`, which opens authenticator apps.',
    }),
    qrCode: t.exposeString('qrCode', {
      description: 'The key URI as a QR code, as a data URI of an SVG image.',
    }),
  }),
});

export const Workflow = builder.interfaceRef<WorkflowReply>('Workflow').implement({
  description:
    'A sign-up, sign-in, password reset, enrollment or step-up in progress. Until the status is `COMPLETE`, choose one of `factors`, call `prepareFactor` if it needs preparing, then call `attemptFactor` with the proof.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'The opaque, unguessable id of the workflow. Anyone who has it can continue the workflow, so keep it secret.',
    }),
    status: t.field({
      type: WorkflowStatusEnum,
      description: 'The state of the workflow, and what it needs next.',
      resolve: (it) => it.view.status,
    }),
    factors: t.field({
      type: [FactorOption],
      description: 'The factors that can be proved now. Empty if no proof is needed.',
      resolve: (it) => [...it.factors],
    }),
    challenge: t.field({
      type: Challenge,
      nullable: true,
      description: 'The code or link that was sent and has not been used yet. Null if there is none.',
      resolve: (it) => it.challenge,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'The deadline of the workflow, 15 minutes after its start.',
    }),
    remedy: t.field({
      type: WorkflowRemedyEnum,
      nullable: true,
      description:
        'What the user can do if they cannot prove any of `factors`, or if the workflow has failed and would fail again. Null if there is nothing to suggest.',
      resolve: ({ view }) => remedyOf(view),
    }),
  }),
});

export function isRunOf(...names: readonly ChartName[]) {
  return (value: unknown): boolean => names.includes((value as WorkflowReply).name);
}

/** The secret is shown until the new authenticator is first proved, and only to the holder of the workflow id. */
function unproved({ enrolling, view }: WorkflowReply): UnprovedAuthenticator | null {
  return view.status === 'NEEDS_ENROLLMENT' ? enrolling : null;
}

function shownAs({ account }: WorkflowReply, { services }: GraphQLContext): ShownAs {
  return { issuer: services.productName, account: account?.email?.typed ?? account?.name ?? 'account' };
}

async function materialOf(reply: WorkflowReply, context: GraphQLContext): Promise<FactorData | null> {
  const authenticator = unproved(reply);
  const { account } = reply;
  if (authenticator === null || account === null) return null;
  const { material } = context.services.factors.enrollmentOf(authenticator.factor);
  return (await material?.(authenticator, shownAs(reply, context), account)) ?? null;
}

async function totpOf(reply: WorkflowReply, context: GraphQLContext): Promise<TotpEnrollment | null> {
  const authenticator = unproved(reply);
  if (authenticator?.factor !== FactorKind.TOTP) return null;
  return totpEnrollment(openTotpSecret(context.services.ring, authenticator), shownAs(reply, context));
}

function workflowType(charts: readonly ChartName[], name: string, description: string, enrolls: boolean) {
  const type = builder.objectRef<WorkflowReply>(name);
  builder.objectType(type, {
    description,
    interfaces: [Workflow],
    isTypeOf: isRunOf(...charts),
    fields: (t) => ({
      session: t.field({
        type: SessionGrantType,
        nullable: true,
        description:
          'The tokens of the session. Returned once, in the reply to the step that completes the workflow; null otherwise.',
        resolve: ({ grant }, _args, { delivery }) => (grant === null ? null : delivery.deliver(grant)),
      }),
    }),
  });
  if (enrolls) {
    builder.objectFields(type, (t) => ({
      totp: t.field({
        type: TotpEnrollmentType,
        nullable: true,
        description:
          'The secret of the new authenticator app while the status is `NEEDS_ENROLLMENT`. Null otherwise.',
        resolve: (it, _args, context) => totpOf(it, context),
      }),
      material: t.field({
        type: 'JSON',
        nullable: true,
        description:
          'What the user needs to set up the new authenticator, while the status is `NEEDS_ENROLLMENT`. Its form depends on the factor: for `TOTP`, the `secret` and the `uri` of `totp`; for `DEVICE_APPROVAL`, the `url` to open on the device, its `qrCode` as a data URI of an SVG image, and when it expires, or, once the device has opened it, its `browser`. Treat it as a secret. Null if the user needs nothing.',
        resolve: (it, _args, context) => materialOf(it, context),
      }),
      backupCodes: t.field({
        type: ['String'],
        nullable: true,
        description:
          'Ten backup codes, issued with the user’s first second factor. Returned once, in the reply to the step that completes the workflow; null otherwise.',
        resolve: (it) => (it.backupCodes === null ? null : [...it.backupCodes]),
      }),
    }));
  }
  return type;
}

export const SignUp = workflowType(
  ['sign-up'],
  'SignUp',
  'The sign-up of a new user, who proves their email address with the code sent to it. An address that already has an account gets the same response; its owner is told by email.',
  true,
);
export const SignIn = workflowType(
  ['sign-in'],
  'SignIn',
  'A sign-in with a first factor, and with a second factor of another category for users who have one. An unknown identifier gets the same response.',
  true,
);
export const PasswordReset = builder.objectRef<WorkflowReply>('PasswordReset').implement({
  description:
    'The reset of a forgotten password. The user proves that they receive messages at their email address or phone number, then a second factor if they have one, then calls `chooseNewPassword`. A reset does not sign the user in. An unknown identifier gets the same response.',
  interfaces: [Workflow],
  isTypeOf: isRunOf('password-reset'),
});
export const Enrollment = workflowType(
  ['enrollment'],
  'Enrollment',
  'The enrollment of another factor for the signed-in user, who proves an existing factor unless that was done recently, and then the new one.',
  true,
);
export const StepUp = workflowType(
  ['step-up', 'agent-request'],
  'StepUp',
  'A new proof of a factor in an existing session, for fields that require a more recent or stronger proof (RFC 9470).',
  false,
);

builder.objectFields(StepUp, (t) => ({
  approves: t.exposeString('approves', {
    nullable: true,
    description:
      'For a step-up started with an `operation`: what the operation does, in words to show to the user. The message that carries the code says the same. Null otherwise.',
  }),
}));
