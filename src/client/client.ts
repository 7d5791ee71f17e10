// The client as an application sees it.
import type { Approval } from './approval.ts';
import type { Document } from './document.ts';
import type { GraphQLAnswer } from './endpoint.ts';
import type { EnrollmentInput, EnrollmentWorkflow } from './enrollment.ts';
import type { OperationClient } from './operation-client.ts';
import type { OnStepUp } from './prompts.ts';
import type { SessionGrant } from './session-grant.ts';
import type { SessionView } from './session-watch.ts';
import type { SignInInput, SignInWorkflow } from './sign-in.ts';
import type { SignUpInput, SignUpWorkflow } from './sign-up.ts';
import type { StepUpWorkflow } from './step-up.ts';
import type { WorkflowType } from './workflow.ts';

/** The workflows by their type. */
export interface WorkflowOfType {
  readonly SignUp: SignUpWorkflow;
  readonly SignIn: SignInWorkflow;
  readonly Enrollment: EnrollmentWorkflow;
  readonly StepUp: StepUpWorkflow;
}

/** A client for one session. Create it with `createStepgateClient`. */
export interface StepgateClient extends OperationClient {
  /** Whether somebody is signed in, and news of sign-ins, sign-outs and step-ups in any tab. */
  readonly session: SessionView;
  /**
   * Returns a valid access token, refreshing it if needed.
   *
   * @returns null if nobody is signed in, or in cookie mode.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if a needed refresh fails.
   */
  accessToken(): Promise<string | null>;
  /**
   * Makes the client use a session. Call this in both modes.
   *
   * @param grant the `session` of a completed sign-up, sign-in or enrollment.
   */
  setSession(grant: SessionGrant): Promise<void>;
  /**
   * Starts a sign-up. When it is complete, the client uses its session.
   *
   * @param input the new user.
   * @throws {StepUpError} if it is refused, for example with `PASSWORD_REJECTED`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  signUp(input: SignUpInput): Promise<SignUpWorkflow>;
  /**
   * Starts a sign-in. When it is complete, the client uses its session.
   *
   * @param input who wants to sign in. Without an `identifier`, a passkey says who it is.
   * @throws {StepUpError} if it is refused, for example with `TOO_MANY_REQUESTS`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  signIn(input?: SignInInput): Promise<SignInWorkflow>;
  /**
   * Starts the enrollment of a factor for the signed-in user.
   *
   * @throws {StepUpError} if it is refused, for example with `UNAUTHENTICATED`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  enroll(input: EnrollmentInput): Promise<EnrollmentWorkflow>;
  /**
   * Continues a workflow, for example after the page was left and loaded again. A step-up and an enrollment need the
   * session in which they were started.
   *
   * @param type the `type` of the workflow.
   * @param id the `id` of the workflow.
   * @throws {StepUpError} if there is no such workflow.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  resume<Type extends WorkflowType>(type: Type, id: string): Promise<WorkflowOfType[Type]>;
  /**
   * Tells the browser which passkeys the user still has, and what the user is called. Call it after a passkey was
   * removed, or the user's name or email address was changed.
   *
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails. The browser is told nothing then.
   */
  signalPasskeys(): Promise<void>;
  /**
   * Signs the user out: forgets the session locally, in any case, and ends it on the server.
   *
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the session may still exist on the server. The client then
   * retries when the device is online again, and before the next request.
   */
  signOut(): Promise<void>;
  /**
   * Sends an operation to Stepgate. A refused operation is sent again after a token refresh or a prompt.
   *
   * @param document the operation, as text or as a parsed or generated document.
   * @param variables the variables of the operation.
   * @returns `data` and `errors`. Refusals that remain are in `errors`.
   * @throws {UnexpectedAnswer} if the response is not a GraphQL response, or the error of `fetch` if the request fails.
   * @throws {TypeError} if `document` is not a document.
   */
  request<Data = unknown, Variables = Readonly<Record<string, unknown>>>(
    document: Document<Data, Variables>,
    variables?: Variables,
  ): Promise<GraphQLAnswer<Data>>;
  /**
   * Waits until the user has approved the link or the request of a workflow, on any device. Then call `attemptFactor`
   * with `{ linkApproved: true }` or `{ deviceApproval: true }`.
   *
   * @param workflowId the workflow, for example a sign-in. For a step-up of a prompt, use `workflow.waitForApproval`.
   * @param signal stops the waiting.
   * @returns also when the workflow is over; then `approvedAt` is null.
   * @throws the reason of `signal` when it aborts.
   */
  waitForApproval(workflowId: string, signal?: AbortSignal): Promise<Approval>;
  /**
   * Replaces `onStepUp`, for a prompt that is a mounted component.
   *
   * @returns a function that restores the previous prompt.
   */
  promptWith(onStepUp: OnStepUp): () => void;
}
