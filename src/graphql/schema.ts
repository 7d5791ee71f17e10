// Builds the schema from its parts, and prints it. The printed schema is committed as schema.graphql.
import './errors.ts';
import './mutations/account.ts';
import './mutations/administration.ts';
import './mutations/agent.ts';
import './mutations/approval.ts';
import './mutations/authenticator.ts';
import './mutations/domain.ts';
import './mutations/export-my-data.ts';
import './mutations/email-address.ts';
import './mutations/factor.ts';
import './mutations/import-users.ts';
import './mutations/link.ts';
import './mutations/locale.ts';
import './mutations/merge.ts';
import './mutations/name.ts';
import './mutations/operation-proof.ts';
import './mutations/password.ts';
import './mutations/phone.ts';
import './mutations/provider.ts';
import './mutations/session.ts';
import './mutations/start-enrollment.ts';
import './mutations/start-password-reset.ts';
import './mutations/start-sign-in.ts';
import './mutations/start-sign-up.ts';
import './mutations/start-step-up.ts';
import './queries/check-password.ts';
import './queries/domains.ts';
import './queries/link.ts';
import './queries/pending-approvals.ts';
import './queries/settings.ts';
import './queries/step-up-requirements.ts';
import './queries/viewer.ts';
import './queries/workflow.ts';
import './subscriptions/workflow.ts';
import './types/passkey-account.ts';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { builder } from './builder.ts';

export const schema = builder.toSchema();

export function printedSchema(): string {
  return `${printSchemaWithDirectives(schema)}\n`;
}
