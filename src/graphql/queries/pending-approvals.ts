// What a device is asked to approve. The device signs the question, because it has no session.
import { z } from 'zod';
import { signatureForm } from '../../factors/device-approval/device.ts';
import { DeviceClockWrong, DeviceNotRecognized } from '../../factors/device-approval/errors.ts';
import { pendingRequests } from '../../factors/device-approval/requests.ts';
import { builder } from '../builder.ts';
import { InvalidInput, parseInput } from '../input.ts';
import { PendingApprovalsType } from '../types/approval.ts';

const PendingApprovalsInput = builder.inputType('PendingApprovalsInput', {
  description: 'The device that asks, with its signature.',
  fields: (t) => ({
    deviceId: t.id({ required: true, description: 'The id of the device.' }),
    time: t.int({
      required: true,
      description: 'The time at which the device signed, in seconds since 1970. It may be a minute off.',
    }),
    signature: t.string({
      required: true,
      description:
        'The signature of the device: ECDSA with P-256 and SHA-256, r and s of 32 bytes each, in base64url.',
    }),
  }),
});

const form = z.object({
  deviceId: z.uuid('Must be the id of a device.'),
  time: z.number(),
  signature: signatureForm,
});

builder.queryField('pendingApprovals', (t) =>
  t.errorUnionField({
    types: [PendingApprovalsType, InvalidInput, DeviceNotRecognized, DeviceClockWrong],
    nullable: true,
    description:
      'The requests that wait for an answer of an enrolled device. The text that it signs is in the documentation of device approval.',
    args: {
      input: t.arg({ type: PendingApprovalsInput, required: true, description: 'The device that asks.' }),
    },
    resolve: async (_root, { input }, { em, services }) => {
      const now = services.clock.now();
      return { requests: await pendingRequests(services, parseInput(form, input), { em, now }) };
    },
  }),
);
