// The public export `stepgate/client`: tokens, their refresh, and step-ups, for browsers, Node and React Native. Links
// and hooks of other libraries are exports of their own.
export {
  createStepgateClient,
  type StepgateClient,
  type StepgateClientOptions,
} from './client.ts';
export type { Document } from './document.ts';
export type { Credentials, Fetch, GraphQLAnswer } from './endpoint.ts';
export { StepUpError, UnexpectedAnswer } from './errors.ts';
export type { Operation, OperationKind } from './operation.ts';
export type { Send } from './perform.ts';
export type { EnrollmentPrompt, OnEnrollmentRequired, OnStepUp, StepUpPrompt } from './prompts.ts';
export type { Answer, AnswerError, FactorKind, Requirement } from './refusal.ts';
export type { SessionGrant } from './session-grant.ts';
export type {
  Challenge,
  FactorOption,
  Proof,
  StepUpState,
  StepUpStatus,
  StepUpWorkflow,
} from './step-up.ts';
export type { DeviceTokenStore, StoredTokens, TokenStore } from './token-store.ts';
