// `stepgate/step-up`: guards the fields of any GraphQL schema, however the schema is built and served.
export type { AssuranceLevel } from '../policy/assurance.ts';
export type { AuthContext, Refusal, RefusalCode, Remedy } from '../policy/decision.ts';
export type { Evidence } from '../policy/evidence.ts';
export { Category, FactorKind } from '../policy/factor-kind.ts';
export {
  type Requirement,
  RequirementError,
  type RequirementOptions,
  requirement,
  StepUpBind,
  StepUpRequire,
} from '../policy/requirement.ts';
export { assertGuarded } from './assert-guarded.ts';
export type { FindAuthContext, Presented, StepUpElsewhere } from './auth-context.ts';
export type { ConsumeProof } from './bound-proof.ts';
export { type DirectiveEnums, guardDirectives } from './directive.ts';
export { enforce } from './enforce.ts';
export {
  type ExplainedField,
  type ExplainedGuard,
  type ExplainOptions,
  type Explanation,
  explain,
  type HeldProof,
} from './explain.ts';
export { type Guard, guardsOf, refuse } from './guard.ts';
export {
  type AcceptedTokens,
  type AcceptOptions,
  acceptTokens,
} from './issuers/accept-tokens.ts';
export {
  type ClaimPath,
  type Claims,
  type ClaimsMap,
  type Proved,
  type ReadClaims,
  UNNAMED,
} from './issuers/claims.ts';
export type { IntrospectionOptions } from './issuers/introspection.ts';
export type { AcceptedIssuer, IssuedTokenHolder } from './issuers/issuer.ts';
export { type GuardedField, guardedFields, type OperationToRun } from './operation.ts';
export { type BoundOperation, operationDigest } from './operation-digest.ts';
export type { PresentedHolder } from './present-token.ts';
export { challengeHeader, RefusalError, refusalBehind, type TokenFault } from './refusal-error.ts';
export { refuseMutation } from './refuse-mutation.ts';
export { type RefusedResponse, type RefusedResponseOptions, refusedResponse } from './refused-response.ts';
export { type FieldRequirement, type StepUpRequirements, stepUpRequirements } from './requirements.ts';
export type { SessionOptions } from './session-lookup.ts';
export {
  type PresentedToken,
  type StepgateTokens,
  stepgateTokens,
  type TokenHolder,
  type TokenOptions,
} from './tokens.ts';
export { guardEnums, stepUpTypeDefs, type TypeDefinitionOptions } from './type-definitions.ts';
export { UnguardedError } from './unguarded-error.ts';
export type { GuardDirectives } from './written-guards.ts';
