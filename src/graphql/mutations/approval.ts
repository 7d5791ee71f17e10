// What a device that approves can do: enroll itself by a scanned address, and answer a request. A device has no session:
// it signs what it says. docs/device-approval.md has the signed texts.
import { z } from 'zod';
import { publicKeyForm, signatureForm, subscriptionForm } from '../../factors/device-approval/device.ts';
import { type Asking, enrollDevice } from '../../factors/device-approval/enroll.ts';
import {
  ApprovalRequestExpired,
  DeviceEnrollmentExpired,
  DeviceNotRecognized,
  NumberIncorrect,
} from '../../factors/device-approval/errors.ts';
import { Conflict } from '../../persistence/unit-of-work.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { AnsweredApprovalType, ApprovalDecisionEnum, EnrolledDeviceType } from '../types/approval.ts';

const SIGNATURE =
  'The signature of the device: ECDSA with P-256 and SHA-256, r and s of 32 bytes each, in base64url.';

function askingOf({ em, client, services }: Pick<GraphQLContext, 'em' | 'client' | 'services'>): Asking {
  return { em, client, now: services.clock.now(), changes: services.changes };
}

const EnrollDeviceInput = builder.inputType('EnrollDeviceInput', {
  description: 'A device that the user enrolls.',
  fields: (t) => ({
    token: t.string({ required: true, description: 'The part of the scanned address after `#enroll=`.' }),
    publicKey: t.field({
      type: 'JSON',
      required: true,
      description: 'The device’s public key, as a JSON Web Key with `kty` `EC` and `crv` `P-256`.',
    }),
    subscription: t.field({
      type: 'JSON',
      description:
        'The Web Push subscription of the device, as `PushSubscription.toJSON()` returns it, made with `settings { pushKey }`. Without it, the device is not notified of requests.',
    }),
    signature: t.string({ required: true, description: SIGNATURE }),
  }),
});

const enrollDeviceForm = z.object({
  token: z.string().max(128, 'The maximum is 128 characters.'),
  publicKey: publicKeyForm,
  subscription: subscriptionForm.nullish().transform((given) => given ?? null),
  signature: signatureForm,
});

builder.mutationField('enrollDevice', (t) =>
  t.errorUnionField({
    types: [EnrolledDeviceType, InvalidInput, DeviceEnrollmentExpired, DeviceNotRecognized, Conflict],
    nullable: true,
    description:
      'Enrolls the device that has opened the `url` of an `Enrollment` of `DEVICE_APPROVAL`. The address works once, for ten minutes. The user then completes the enrollment where it began, with `attemptFactor(proof: { deviceApproval: true })`.',
    args: { input: t.arg({ type: EnrollDeviceInput, required: true, description: 'The device.' }) },
    resolve: (_root, { input }, { em, client, services }) =>
      enrollDevice(services, parseInput(enrollDeviceForm, input), askingOf({ em, client, services })),
  }),
);

const AnswerApprovalInput = builder.inputType('AnswerApprovalInput', {
  description: 'The answer of a device to a request.',
  fields: (t) => ({
    deviceId: t.id({ required: true, description: 'The id of the device.' }),
    requestId: t.id({ required: true, description: 'The id of the request, from `pendingApprovals`.' }),
    decision: t.field({ type: ApprovalDecisionEnum, required: true, description: 'The answer.' }),
    number: t.string({
      description:
        'For an approval, the number that the user typed. It can be tried once. Omit it in a rejection.',
    }),
    signature: t.string({ required: true, description: SIGNATURE }),
  }),
});

const answerForm = z
  .object({
    deviceId: z.uuid('Must be the id of a device.'),
    requestId: z.uuid('Must be the id of a request.'),
    decision: z.enum(['APPROVE', 'REJECT']),
    number: z
      .string()
      .regex(/^\d{2}$/, 'Must be a number of two digits.')
      .nullish()
      .transform((given) => given ?? ''),
    signature: signatureForm,
  })
  .refine(({ decision, number }) => (decision === 'APPROVE') === (number !== ''), {
    path: ['number'],
    message: 'An approval needs the number, and a rejection has none.',
  });

builder.mutationField('answerApproval', (t) =>
  t.errorUnionField({
    types: [
      AnsweredApprovalType,
      InvalidInput,
      DeviceNotRecognized,
      ApprovalRequestExpired,
      NumberIncorrect,
      Conflict,
    ],
    nullable: true,
    description:
      'Answers a request, once. After an approval, the workflow continues where it began; the device does not get a session. After a rejection, the workflow fails, and the user is notified. After two rejections in a row, the user’s devices are not asked for an hour.',
    args: { input: t.arg({ type: AnswerApprovalInput, required: true, description: 'The answer.' }) },
    resolve: async (_root, { input }, { em, client, services }) => {
      const answer = parseInput(answerForm, input);
      const asking = askingOf({ em, client, services });
      await services.runner.answerApproval(services.approvalServer, answer, asking);
      return { requestId: answer.requestId, decision: answer.decision };
    },
  }),
);
