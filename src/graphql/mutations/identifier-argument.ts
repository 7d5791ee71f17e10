// The argument that names a user who is not signed in.
import { z } from 'zod';
import { identifier } from '../../factors/identifier.ts';
import { tenant } from './tenant-argument.ts';

export const IDENTIFIER_ARGUMENT = {
  required: true,
  description: 'A verified email address of the account, or a verified phone number in international format.',
} as const;

export const identifierForm = z.object({ identifier, tenant });
