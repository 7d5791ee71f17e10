// What an enrolled device sees of the requests that it can answer.
import { browserOf } from '../../delivery/origin.ts';
import type { EnrolledDevice } from '../../factors/device-approval/enroll.ts';
import type { ApprovalRequest } from '../../factors/device-approval/requests.ts';
import { openApproves, operationDigestOf } from '../../workflows/approves.ts';
import type { ApprovalDecision } from '../../workflows/steps/answer-approval.ts';
import { builder } from '../builder.ts';
import { describedEnum } from './described-enum.ts';

export const ApprovalDecisionEnum = describedEnum<ApprovalDecision>(
  'ApprovalDecision',
  'The answer of a device to a request.',
  {
    APPROVE: 'The user made the request, and has typed the number that it shows.',
    REJECT: 'The user did not make the request. Its workflow ends.',
  },
);

export const EnrolledDeviceType = builder.objectRef<EnrolledDevice>('EnrolledDevice').implement({
  description:
    'A device that has sent its key. It counts once the user has confirmed it where the enrollment began.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'deviceId' in value,
  fields: (t) => ({
    deviceId: t.exposeID('deviceId', {
      description: 'The id of the device. It is part of every signed text.',
    }),
    account: t.exposeString('account', {
      description: 'The account that the device approves for: the user’s email address, or empty.',
    }),
    label: t.exposeString('label', {
      nullable: true,
      description: 'The name that the user gave the device. Null if none was given.',
    }),
  }),
});

const ApprovalRequestType = builder.objectRef<ApprovalRequest>('ApprovalRequest').implement({
  description:
    'A request that waits for an answer. Show it to the user, who types the number that is shown where the request was made.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the request.' }),
    workflow: t.exposeString('workflow', {
      description:
        'The workflow that made the request: `sign-in`, `sign-up`, `password-reset`, `step-up` or `enrollment`.',
    }),
    approves: t.string({
      nullable: true,
      description:
        'The operation that an approval allows, in words to show to the user. Null if it allows no single operation.',
      resolve: (it, _args, { services }) => openApproves(services.ring, it.workflowId, it.approves),
    }),
    agentName: t.exposeString('agentName', {
      nullable: true,
      description:
        'What the user called the agent that asks for the approval, if one does. Show it with the operation. Null otherwise.',
    }),
    operationDigest: t.string({
      nullable: true,
      description:
        'The digest of that operation, as `operationDigest` of the `stepgate` package computes it. It is part of the signed answer. Null if there is no operation, or if what is approved is not recorded.',
      resolve: (it, _args, { services }) => operationDigestOf(services.ring, it.workflowId, it.operationText),
    }),
    workflowDigest: t.exposeString('workflowId', {
      description: 'The SHA-256 digest of the workflow’s id. It is part of the signed answer.',
    }),
    browser: t.string({
      nullable: true,
      description:
        'The browser and operating system that made the request, according to its `User-Agent` header. Null if unknown.',
      resolve: (it) => browserOf(it.userAgent),
    }),
    place: t.string({
      nullable: true,
      description:
        'The approximate place of the browser that made the request, derived from its IP address. Null if unknown.',
      resolve: (it, _args, { locale, services }) => services.outbox.geoip.placeOf(it.ip, locale),
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The IP address of the browser that made the request. Null if unknown.',
    }),
    requestedAt: t.expose('requestedAt', { type: 'DateTime', description: 'When the request was made.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it can no longer be answered.' }),
  }),
});

export interface PendingApprovals {
  readonly requests: readonly ApprovalRequest[];
}

export const PendingApprovalsType = builder.objectRef<PendingApprovals>('PendingApprovals').implement({
  description: 'What a device is asked to approve now.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'requests' in value,
  fields: (t) => ({
    requests: t.field({
      type: [ApprovalRequestType],
      description: 'The requests that wait for an answer, newest first.',
      resolve: (it) => [...it.requests],
    }),
  }),
});

export interface AnsweredApproval {
  readonly requestId: string;
  readonly decision: ApprovalDecision;
}

export const AnsweredApprovalType = builder.objectRef<AnsweredApproval>('AnsweredApproval').implement({
  description: 'A request that the device has answered.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'decision' in value,
  fields: (t) => ({
    requestId: t.exposeID('requestId', { description: 'The id of the request.' }),
    decision: t.field({
      type: ApprovalDecisionEnum,
      description: 'The answer.',
      resolve: (it) => it.decision,
    }),
  }),
});
