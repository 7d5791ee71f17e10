// The systems whose exports are read.
import { auth0 } from './auth0.ts';
import { betterAuth } from './better-auth.ts';
import { clerk } from './clerk.ts';
import { django } from './django.ts';
import { firebase } from './firebase.ts';
import { keycloak } from './keycloak.ts';
import type { Source } from './source.ts';
import { stepgate } from './stepgate.ts';
import { supertokens } from './supertokens.ts';

/** By the word that names each. */
export const SOURCES = {
  stepgate,
  clerk,
  auth0,
  supertokens,
  firebase,
  django,
  'better-auth': betterAuth,
  keycloak,
} as const satisfies Readonly<Record<string, Source>>;

export type SourceName = keyof typeof SOURCES;
