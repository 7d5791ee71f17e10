// Workflows as clients see them: one interface, and a type for each chart.

import type { FactorChoice } from '../../factors/factor.ts';
import { type TotpEnrollment, totpEnrollment } from '../../factors/totp/enrollment.ts';
import { openTotpSecret } from '../../factors/totp/totp.ts';
import type { ChartName } from '../../workflows/chart-name.ts';
import type { OutstandingChallenge } from '../../workflows/effects/outcome.ts';
import type { WorkflowReply } from '../../workflows/steps/reply.ts';
import { remedyOf } from '../../workflows/view.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { FactorKindEnum, WorkflowRemedyEnum, WorkflowStatusEnum } from './enums.ts';
import { SessionGrantType } from './session.ts';

const FactorOption = builder.objectRef<FactorChoice>('FactorOption').implement({
  description: 'A factor that may be proved now.',
  fields: (t) => ({
    factor: t.field({ type: FactorKindEnum, description: 'Its kind.', resolve: (it) => it.factor }),
    authenticatorId: t.exposeID('authenticatorId', {
      nullable: true,
      description: 'Which of the user’s authenticators, where there may be several.',
    }),
    hint: t.exposeString('hint', {
      nullable: true,
      description:
        'Enough for its owner to recognise it: a masked address, a label. Null before anything was proved: a stranger learns nothing.',
    }),
    needsPreparing: t.exposeBoolean('needsPreparing', {
      description: 'Whether `prepareFactor` sends something that must arrive before it can be proved.',
    }),
  }),
});

const Challenge = builder.objectRef<OutstandingChallenge>('Challenge').implement({
  description: 'An outstanding demand for a proof: a code or a link that was sent.',
  fields: (t) => ({
    factor: t.field({
      type: FactorKindEnum,
      description: 'What it is a challenge for.',
      resolve: (it) => it.factor,
    }),
    hint: t.exposeString('hint', { nullable: true, description: 'Where it went, masked.' }),
    sentAt: t.expose('sentAt', {
      type: 'DateTime',
      description: 'When it was sent. It can be sent again 30 seconds later.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it is no longer accepted.' }),
    approvedAt: t.expose('approvedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'Of a link: when it was approved, on whichever device. From then on `attemptFactor` takes `{ linkApproved: true }`.',
    }),
  }),
});

const TotpEnrollmentType = builder.objectRef<TotpEnrollment>('TotpEnrollment').implement({
  description: 'What an authenticator app needs (RFC 6238: SHA-1, six digits, 30 seconds).',
  fields: (t) => ({
    secret: t.exposeString('secret', { description: 'The secret in base32, for typing.' }),
    uri: t.exposeString('uri', { description: 'The key URI, `otpauth://totp/…`.' }),
    qrCode: t.exposeString('qrCode', {
      description: 'The key URI as a QR code: a data URI of an SVG image.',
    }),
  }),
});

export const Workflow = builder.interfaceRef<WorkflowReply>('Workflow').implement({
  description:
    'One run of one chart. Its reply says what may be done next: prepare one of `factors` where that is needed, then attempt it, until the status is `COMPLETE`.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description:
        'Opaque and unguessable. Whoever holds it drives the workflow: keep it as you would a password.',
    }),
    status: t.field({
      type: WorkflowStatusEnum,
      description: 'What it waits for.',
      resolve: (it) => it.view.status,
    }),
    factors: t.field({
      type: [FactorOption],
      description: 'What may be proved now.',
      resolve: (it) => [...it.factors],
    }),
    challenge: t.field({
      type: Challenge,
      nullable: true,
      description: 'The challenge that is outstanding.',
      resolve: (it) => it.challenge,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'The deadline: 15 minutes after the start.',
    }),
    remedy: t.field({
      type: WorkflowRemedyEnum,
      nullable: true,
      description:
        'What helps somebody who cannot prove any of `factors`, or for whom the workflow has failed and would fail again.',
      resolve: ({ view }) => remedyOf(view),
    }),
  }),
});

function isRunOf(name: ChartName) {
  return (value: unknown): boolean => (value as WorkflowReply).name === name;
}

/** Shown while the new authenticator waits for its first proof, and only to whoever drives the workflow. */
async function totpOf(
  { enrolling, account, view }: WorkflowReply,
  { services }: GraphQLContext,
): Promise<TotpEnrollment | null> {
  if (enrolling === null || view.status !== 'NEEDS_ENROLLMENT') return null;
  const secret = openTotpSecret(services.ring, enrolling);
  return totpEnrollment(secret, services.productName, account?.email?.typed ?? 'account');
}

function workflowType(chart: ChartName, name: string, description: string, enrolls: boolean) {
  const type = builder.objectRef<WorkflowReply>(name);
  builder.objectType(type, {
    description,
    interfaces: [Workflow],
    isTypeOf: isRunOf(chart),
    fields: (t) => ({
      session: t.field({
        type: SessionGrantType,
        nullable: true,
        description: 'The session, in the reply of the step that completed the workflow, and never again.',
        resolve: ({ grant }, _args, { delivery }) => (grant === null ? null : delivery.deliver(grant)),
      }),
    }),
  });
  if (enrolls) {
    builder.objectFields(type, (t) => ({
      totp: t.field({
        type: TotpEnrollmentType,
        nullable: true,
        description: 'The secret of the new authenticator, while the status is `NEEDS_ENROLLMENT`.',
        resolve: (it, _args, context) => totpOf(it, context),
      }),
      backupCodes: t.field({
        type: ['String'],
        nullable: true,
        description:
          'Ten backup codes, given with the first second factor. Shown in the reply of the step that completed the workflow, and never again.',
        resolve: (it) => (it.backupCodes === null ? null : [...it.backupCodes]),
      }),
    }));
  }
  return type;
}

export const SignUp = workflowType(
  'sign-up',
  'SignUp',
  'A new account: the code that was sent to the address proves it. An address that has an account already looks the same; its owner gets a message that says so.',
  true,
);
export const SignIn = workflowType(
  'sign-in',
  'SignIn',
  'A first factor, then a second one of another category for a user who has it. An identifier that nobody has looks the same.',
  true,
);
export const PasswordReset = builder.objectRef<WorkflowReply>('PasswordReset').implement({
  description:
    'A forgotten password: what reaches the user is proved, then a second factor of a user who has one, and only then `chooseNewPassword` works. It signs nobody in. An identifier that nobody has looks the same.',
  interfaces: [Workflow],
  isTypeOf: isRunOf('password-reset'),
});
export const Enrollment = workflowType(
  'enrollment',
  'Enrollment',
  'A further factor for the signed-in user: first a proof of an existing one, unless that is fresh, then one of the new.',
  true,
);
export const StepUp = workflowType(
  'step-up',
  'StepUp',
  'A factor proved anew in an existing session, because a field demands fresher or stronger evidence (RFC 9470).',
  false,
);

builder.objectFields(StepUp, (t) => ({
  approves: t.exposeString('approves', {
    nullable: true,
    description:
      'Of a step-up that was started with an `operation`: what it does, in words for its user. A code that is sent says the same.',
  }),
}));
