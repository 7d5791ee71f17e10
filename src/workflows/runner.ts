// Runs the steps of all workflows. Charts decide, and the runner performs. Each of its verbs is a file in `steps/`. A
// step claims an attempt, asks the chart, verifies the proof outside any transaction, and then commits everything at
// once. No row is locked while a password is hashed, and an attempt is spent before its proof is checked.
import type { Asking } from '../factors/device-approval/enroll.ts';
import type { Caller } from './caller.ts';
import { type ApprovalAnswer, answerApproval } from './steps/answer-approval.ts';
import { attempt, type Proof } from './steps/attempt.ts';
import { type ChosenPassword, choosePassword } from './steps/choose-password.ts';
import { prepare, type Wanted } from './steps/prepare.ts';
import { read } from './steps/read.ts';
import type { WorkflowReply } from './steps/reply.ts';
import type { StepServices } from './steps/services.ts';
import { type NewWorkflow, start } from './steps/start.ts';
import { type AskAgain, type Seen, wait } from './steps/wait.ts';

export class WorkflowRunner {
  readonly #services: StepServices;

  constructor(services: StepServices) {
    this.#services = services;
  }

  /** Call it before any other work for a new workflow. @throws {TooManyRequests} */
  admit({ client }: Caller): Promise<void> {
    return this.#services.networks.admit(client);
  }

  start(fresh: NewWorkflow, caller: Caller): Promise<WorkflowReply> {
    return start(this.#services, fresh, caller);
  }

  read(id: string, caller: Caller): Promise<WorkflowReply | null> {
    return read(this.#services, id, caller);
  }

  /**
   * The state of the workflow now, and whenever it has changed.
   * @param again finds out again who is asking.
   * @throws {TooManyWaiting}
   */
  wait(id: string, caller: Caller, again: AskAgain): AsyncIterableIterator<Seen> {
    return wait(this.#services, id, caller, again);
  }

  prepare(id: string, wanted: Wanted, caller: Caller): Promise<WorkflowReply> {
    return prepare(this.#services, id, wanted, caller);
  }

  attempt(id: string, proof: Proof, caller: Caller): Promise<WorkflowReply> {
    return attempt(this.#services, id, proof, caller);
  }

  /** @param server what the device calls this server in the text that it signs. */
  answerApproval(server: string, answer: ApprovalAnswer, asking: Asking): Promise<void> {
    return answerApproval(this.#services, server, answer, asking);
  }

  choosePassword(id: string, chosen: ChosenPassword, caller: Caller): Promise<WorkflowReply> {
    return choosePassword(this.#services, id, chosen, caller);
  }
}
