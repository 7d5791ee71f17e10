// The public export `stepgate/client`: tokens, refresh and step-up, for browsers, Node and React Native. Integrations
// with other libraries are separate exports.
export type { Approval } from './approval.ts';
export type { StepgateClient, WorkflowOfType } from './client.ts';
export type { StepgateClientOptions } from './client-options.ts';
export { createStepgateClient } from './create-client.ts';
export type { Document } from './document.ts';
export type { Credentials, Fetch, GraphQLAnswer } from './endpoint.ts';
export type {
  EnrollingWorkflow,
  EnrollmentInput,
  EnrollmentStatus,
  EnrollmentWorkflow,
} from './enrollment.ts';
export type {
  ErrorCode,
  PasskeyErrorCode,
  ProviderErrorCode,
  RefusalCode,
  StepUpErrorCode,
} from './error-code.ts';
export { StepUpError, UnexpectedAnswer } from './errors.ts';
export type { Operation, OperationKind } from './operation.ts';
export { canAutofillPasskeys, type PasskeyOptions } from './passkey-options.ts';
export type { EnrollmentPrompt, OnEnrollmentRequired, OnStepUp, StepUpPrompt } from './prompts.ts';
export type { Answer, AnswerError, FactorKind, Requirement } from './refusal.ts';
export type { Send } from './run-operation.ts';
export type { SessionGrant } from './session-grant.ts';
export type { SessionEvent, SessionState, SessionView } from './session-watch.ts';
export type { SignInInput, SignInStatus, SignInWorkflow } from './sign-in.ts';
export type { SignUpInput, SignUpStatus, SignUpWorkflow } from './sign-up.ts';
export type { StepUpState, StepUpStatus, StepUpWorkflow } from './step-up.ts';
export type { DeviceTokenStore, StoredTokens, TokenStore } from './token-store.ts';
export type {
  AtProvider,
  Challenge,
  FactorOption,
  Proof,
  Workflow,
  WorkflowState,
  WorkflowStatus,
  WorkflowType,
} from './workflow.ts';
