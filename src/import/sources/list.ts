// The systems whose exports can be imported.
import { aspNetIdentity } from './asp-net-identity.ts';
import { auth0 } from './auth0.ts';
import { betterAuth } from './better-auth.ts';
import { clerk } from './clerk.ts';
import { cognito } from './cognito.ts';
import { devise } from './devise.ts';
import { django } from './django.ts';
import { firebase } from './firebase.ts';
import { fusionAuth } from './fusionauth.ts';
import { keycloak } from './keycloak.ts';
import { kratos } from './kratos.ts';
import { laravel } from './laravel.ts';
import type { Source } from './source.ts';
import { stepgate } from './stepgate.ts';
import { supabase } from './supabase.ts';
import { supertokens } from './supertokens.ts';
import { wordPress } from './wordpress.ts';

/** By the name for --from. If an entry has the marks of two, the first one wins. */
export const SOURCES = {
  stepgate,
  clerk,
  auth0,
  supertokens,
  firebase,
  django,
  'better-auth': betterAuth,
  keycloak,
  supabase,
  cognito,
  kratos,
  fusionauth: fusionAuth,
  wordpress: wordPress,
  'aspnet-identity': aspNetIdentity,
  devise,
  laravel,
} as const satisfies Readonly<Record<string, Source>>;

export type SourceName = keyof typeof SOURCES;
