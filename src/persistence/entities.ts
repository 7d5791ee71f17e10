// The list of all entities.
import { AuditEvent } from './entities/audit-event.ts';
import { Authenticator } from './entities/authenticator.ts';
import { BackupCode } from './entities/backup-code.ts';
import { Challenge } from './entities/challenge.ts';
import { EmailAddress } from './entities/email-address.ts';
import { EmailDomain } from './entities/email-domain.ts';
import { Identity } from './entities/identity.ts';
import { KnownDevice } from './entities/known-device.ts';
import { Lockout } from './entities/lockout.ts';
import { LogoutToken } from './entities/logout-token.ts';
import { MergeConsent } from './entities/merge-consent.ts';
import { OperationGrant } from './entities/operation-grant.ts';
import { OutboxMessage } from './entities/outbox-message.ts';
import { PhoneNumber } from './entities/phone-number.ts';
import { PushKey } from './entities/push-key.ts';
import { RateLimit } from './entities/rate-limit.ts';
import { RefreshToken } from './entities/refresh-token.ts';
import { SamlAssertion } from './entities/saml-assertion.ts';
import { SamlResponse } from './entities/saml-response.ts';
import { SecretKey } from './entities/secret-key.ts';
import { Session } from './entities/session.ts';
import { SigningKey } from './entities/signing-key.ts';
import { Tenant } from './entities/tenant.ts';
import { User } from './entities/user.ts';
import { UserImport } from './entities/user-import.ts';
import { UserMerge } from './entities/user-merge.ts';
import { Workflow } from './entities/workflow.ts';

export const ENTITIES = [
  Tenant,
  User,
  EmailAddress,
  EmailDomain,
  PhoneNumber,
  Authenticator,
  Identity,
  BackupCode,
  Session,
  RefreshToken,
  OperationGrant,
  Workflow,
  Challenge,
  Lockout,
  LogoutToken,
  SamlResponse,
  SamlAssertion,
  KnownDevice,
  RateLimit,
  AuditEvent,
  OutboxMessage,
  SecretKey,
  SigningKey,
  PushKey,
  UserImport,
  MergeConsent,
  UserMerge,
];
