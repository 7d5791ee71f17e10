// The argument that names a tenant, which may be omitted for the default one.
import { DEFAULT_TENANT } from '../../persistence/entities/tenant.ts';
import { tenantId } from '../input.ts';

export const TENANT_ARGUMENT = {
  defaultValue: DEFAULT_TENANT,
  description: 'The name of the tenant.',
} as const;

export const tenant = tenantId.nullish().transform((name) => name ?? DEFAULT_TENANT);
