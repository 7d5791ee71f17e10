// All migrations, oldest first. To add one, create a file here and add it to the list. `npm run migrate -- diff` prints
// the SQL it needs.
import { Initial } from './2026-11-22-initial.ts';
import { Delivery } from './2026-11-25-delivery.ts';
import { ImportedUsers } from './2026-11-25-imported-users.ts';
import { MessageLimits } from './2026-11-25-message-limits.ts';
import { OperationGrants } from './2026-11-25-operation-grants.ts';
import { PasswordPolicy } from './2026-11-25-password-policy.ts';
import { Recovery } from './2026-11-25-recovery.ts';
import { AuditActor } from './2026-11-29-audit-actor.ts';
import { AuditPartitions } from './2026-11-29-audit-partitions.ts';
import { ClearAway } from './2026-11-29-clear-away.ts';
import { FactorData } from './2026-11-29-factor-data.ts';
import { Guessing } from './2026-11-29-guessing.ts';
import { NewTenantsPasswords } from './2026-11-29-new-tenants-passwords.ts';
import { RetentionIndexes } from './2026-11-29-retention-indexes.ts';
import { SecretKeys } from './2026-11-29-secret-keys.ts';
import { Sessions } from './2026-11-29-sessions.ts';
import { TypedAddresses } from './2026-11-29-typed-addresses.ts';
import { UnitOfWorkLost } from './2026-11-29-unit-of-work.ts';
import { AccountDeletion } from './2026-11-30-account-deletion.ts';
import { Agents } from './2026-11-30-agents.ts';
import { Approvals } from './2026-11-30-approvals.ts';
import { Certificates } from './2026-11-30-certificates.ts';
import { DeviceApproval } from './2026-11-30-device-approval.ts';
import { EmailDomains } from './2026-11-30-email-domains.ts';
import { Merging } from './2026-11-30-merging.ts';
import { MoreAddresses } from './2026-11-30-more-addresses.ts';
import { Passkeys } from './2026-11-30-passkeys.ts';
import { Providers } from './2026-11-30-providers.ts';
import { RememberedBrowsers } from './2026-11-30-remembered-browsers.ts';
import { Saml } from './2026-11-30-saml.ts';
import { YoungFactors } from './2026-11-30-young-factors.ts';

export const MIGRATIONS = [
  Initial,
  Recovery,
  MessageLimits,
  Delivery,
  OperationGrants,
  PasswordPolicy,
  ImportedUsers,
  AuditActor,
  TypedAddresses,
  NewTenantsPasswords,
  ClearAway,
  Guessing,
  SecretKeys,
  Sessions,
  FactorData,
  UnitOfWorkLost,
  RetentionIndexes,
  AuditPartitions,
  Passkeys,
  YoungFactors,
  RememberedBrowsers,
  Certificates,
  Approvals,
  DeviceApproval,
  Agents,
  Providers,
  Saml,
  AccountDeletion,
  MoreAddresses,
  Merging,
  EmailDomains,
];
