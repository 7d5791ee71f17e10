// What is kept about a user, table by table, as an export of their own data shows it. Left out are secrets, digests, and what
// only the server can use. A test compares the tables and columns with those of the database.
import { sql as raw } from 'kysely';
import { openApproval } from '../factors/approval-record.ts';
import { openAddressAtProvider } from '../factors/oauth/identity.ts';
import { isByOthers } from '../persistence/audit-of-user.ts';
import type { DataSection } from './data-section.ts';

const BY_ID = { id: 'uuid' } as const;
const ofUser = (userId: string) => raw<boolean>`user_id = ${userId}`;
const ofSessions = (userId: string) =>
  raw<boolean>`session_id in (select id from session where user_id = ${userId})`;
const ofWorkflows = (userId: string) =>
  raw<boolean>`workflow_id in (select id from workflow where user_id = ${userId})`;

function opened(value: unknown, open: (sealed: string) => string | null): string | null {
  return typeof value === 'string' ? open(value) : null;
}

export const DATA_SECTIONS: readonly DataSection[] = [
  {
    kind: 'profile',
    table: 'user_account',
    columns: {
      id: 'id',
      tenant_id: 'tenant',
      external_id: 'externalId',
      name: 'name',
      roles: 'roles',
      locale: 'locale',
      sms: 'smsFactors',
      without_provider: 'mayDoWithoutProvider',
      created_at: 'createdAt',
      activated_at: 'activatedAt',
      deletion_requested_at: 'deletionRequestedAt',
      deletion_due_at: 'deletionScheduledFor',
    },
    whose: (userId) => raw`id = ${userId}`,
    order: BY_ID,
  },
  {
    kind: 'emailAddress',
    table: 'email_address',
    columns: {
      id: 'id',
      address: 'address',
      typed: 'typed',
      is_primary: 'isPrimary',
      created_at: 'createdAt',
      verified_at: 'verifiedAt',
    },
    whose: ofUser,
    order: BY_ID,
  },
  {
    kind: 'phoneNumber',
    table: 'phone_number',
    columns: {
      id: 'id',
      number: 'number',
      country: 'country',
      second_factor: 'secondFactor',
      second_factor_at: 'secondFactorAt',
      created_at: 'createdAt',
      verified_at: 'verifiedAt',
    },
    whose: ofUser,
    order: BY_ID,
  },
  {
    kind: 'authenticator',
    table: 'authenticator',
    columns: {
      id: 'id',
      factor: 'factor',
      label: 'label',
      created_at: 'createdAt',
      confirmed_at: 'confirmedAt',
      last_used_at: 'lastUsedAt',
    },
    whose: ofUser,
    order: BY_ID,
  },
  {
    kind: 'backupCode',
    table: 'backup_code',
    columns: { id: 'id', created_at: 'createdAt', used_at: 'usedAt' },
    whose: ofUser,
    order: BY_ID,
  },
  {
    kind: 'identity',
    table: 'identity',
    columns: {
      id: 'id',
      provider: 'providerId',
      issuer: 'issuer',
      subject: 'subject',
      address: 'address',
      created_at: 'createdAt',
      linked_at: 'linkedAt',
      last_used_at: 'lastUsedAt',
    },
    whose: ofUser,
    order: BY_ID,
    shown: ({ address, ...record }, { ring }) => ({
      ...record,
      address: opened(address, (sealed) => openAddressAtProvider(ring, String(record['id']), sealed)),
    }),
  },
  {
    kind: 'session',
    table: 'session',
    columns: {
      id: 'id',
      evidence: 'evidence',
      ip: 'ip',
      user_agent: 'userAgent',
      created_at: 'createdAt',
      last_seen_at: 'lastSeenAt',
      idle_expires_at: 'idleExpiresAt',
      expires_at: 'expiresAt',
      resumed_at: 'resumedAt',
      revoked_at: 'revokedAt',
      agent_name: 'agentName',
      agent_roles: 'agentRoles',
      agent_of: 'agentOf',
    },
    whose: ofUser,
    order: BY_ID,
  },
  {
    kind: 'knownDevice',
    table: 'known_device',
    columns: {
      id: 'id',
      created_at: 'createdAt',
      last_seen_at: 'lastSeenAt',
      remembered_at: 'rememberedAt',
      remembered_ip: 'rememberedIp',
      remembered_user_agent: 'rememberedUserAgent',
    },
    whose: ofUser,
    order: BY_ID,
  },
  {
    kind: 'workflow',
    table: 'workflow',
    columns: {
      id: 'id',
      chart: 'workflow',
      session_id: 'sessionId',
      approves: 'approves',
      created_at: 'createdAt',
      expires_at: 'expiresAt',
    },
    whose: ofUser,
    order: { id: 'text' },
    shown: ({ id, approves, ...record }, { ring, openApproves }) => ({
      ...record,
      approves: opened(approves, (sealed) => openApproves(ring, String(id), sealed)),
    }),
  },
  {
    kind: 'challenge',
    table: 'challenge',
    columns: {
      factor: 'factor',
      hint: 'hint',
      ip: 'ip',
      user_agent: 'userAgent',
      sent_at: 'sentAt',
      times_sent: 'timesSent',
      expires_at: 'expiresAt',
      approved_at: 'approvedAt',
      consumed_at: 'usedAt',
    },
    whose: ofWorkflows,
    order: BY_ID,
  },
  {
    kind: 'operationProof',
    table: 'operation_grant',
    columns: {
      session_id: 'sessionId',
      factor: 'factor',
      proved_at: 'provedAt',
      expires_at: 'expiresAt',
      consumed_at: 'usedAt',
    },
    whose: ofSessions,
    order: BY_ID,
  },
  {
    kind: 'mergeConsent',
    table: 'merge_consent',
    columns: { into_user_id: 'intoUserId', session_id: 'sessionId', expires_at: 'expiresAt' },
    whose: ofUser,
    order: { user_id: 'uuid' },
  },
  {
    kind: 'mergedUser',
    table: 'user_merge',
    columns: { merged_user_id: 'id', external_id: 'externalId', merged_at: 'mergedAt' },
    whose: (userId) => raw`into_user_id = ${userId}`,
    order: { merged_user_id: 'uuid' },
  },
  {
    kind: 'auditEvent',
    table: 'audit_event',
    columns: {
      id: 'id',
      type: 'type',
      session_id: 'sessionId',
      factor: 'factor',
      occurred_at: 'occurredAt',
      actor_kind: 'actor',
      ip: 'ip',
      user_agent: 'userAgent',
      count: 'count',
      approval: 'approved',
      about: 'about',
    },
    whose: ofUser,
    order: { occurred_at: 'timestamptz', id: 'uuid' },
    newestFirst: true,
    shown: (record, { ring }) => ({
      ...record,
      ...(isByOthers(record) ? { ip: null, userAgent: null } : {}),
      approved: opened(
        record['approved'],
        (sealed) => openApproval(ring, String(record['id']), sealed).operation,
      ),
    }),
  },
];
