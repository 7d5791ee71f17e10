// `stepgate/step-up/issuers`: issuers whose tokens are known, for `acceptTokens`.
export { type Auth0Options, auth0 } from './presets/auth0.ts';
export { type ClerkOptions, clerk } from './presets/clerk.ts';
export { type CognitoOptions, cognito } from './presets/cognito.ts';
export { type EntraOptions, entra } from './presets/entra.ts';
export { type FirebaseOptions, firebase } from './presets/firebase.ts';
export { type KeycloakOptions, keycloak } from './presets/keycloak.ts';
export { type LogtoOptions, logto } from './presets/logto.ts';
export { type OktaOptions, okta } from './presets/okta.ts';
export { type SupabaseOptions, supabase } from './presets/supabase.ts';
export { type SupertokensOptions, supertokens } from './presets/supertokens.ts';
export { type WorkosOptions, workos } from './presets/workos.ts';
