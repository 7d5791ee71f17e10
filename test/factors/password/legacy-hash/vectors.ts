// Hashes of other systems with their passwords. Published ones name their source. Where no published hash with a known
// password was found, one was made with the system's own code, and its name says so.
import { betterAuthHash } from '../../../../src/factors/password/legacy-hash/better-auth.ts';
import { firebaseHash } from '../../../../src/factors/password/legacy-hash/firebase.ts';
import { ARGON2, BCRYPT, RFC } from './vectors/algorithms.ts';
import { CLERK_MADE, FUSIONAUTH, FUSIONAUTH_BCRYPT } from './vectors/documented.ts';
import { ASP_NET, DJANGO, PASSLIB, WERKZEUG, WORDPRESS } from './vectors/frameworks.ts';
import {
  AUTH0,
  BETTER_AUTH_SAMPLES,
  CLERK,
  FIREBASE_SAMPLE,
  KEYCLOAK,
  KRATOS,
  SUPABASE,
} from './vectors/identity-systems.ts';
import type { Vector } from './vectors/vector.ts';

export const VECTORS: readonly Vector[] = [
  ...RFC,
  ...ARGON2,
  ...BCRYPT,
  ...DJANGO,
  ...WERKZEUG,
  ...PASSLIB,
  {
    name: "Firebase's README",
    password: 'user1password',
    text: firebaseHash(FIREBASE_SAMPLE),
    scheme: 'firebase-scrypt',
  },
  ...SUPABASE,
  ...BETTER_AUTH_SAMPLES.map(([password, text]) => ({
    name: `made by Better Auth's own hashPassword: ${password}`,
    password,
    text: betterAuthHash(text),
    scheme: 'scrypt-nfkc',
  })),
  ...KEYCLOAK,
  ...AUTH0,
  ...CLERK,
  ...WORDPRESS,
  ...ASP_NET,
  ...KRATOS,
  ...CLERK_MADE,
  ...FUSIONAUTH,
  FUSIONAUTH_BCRYPT,
];
