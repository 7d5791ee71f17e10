// A workflow that a person runs in the panel, with what its last step brought. A failed step is a state, too.
import type { Proof, Workflow, WorkflowState } from '../client/workflow.ts';
import { Observable } from './observable.ts';

/** What some of the workflows have besides. */
interface Extras {
  /** For a proof bound to one operation, its description. */
  readonly approves?: string | null;
  readonly material?: unknown;
  readonly backupCodes?: readonly string[] | null;
}

export interface RunState extends WorkflowState, Required<Extras> {
  readonly isBusy: boolean;
  /** Why the last step failed. */
  readonly problem: string | null;
}

export class WorkflowRun extends Observable<RunState> {
  /** What it is for, in a few words. */
  readonly title: string;
  /** The factor that it enrolls. Null if it only proves factors. */
  readonly enrolls: string | null;
  readonly #workflow: Workflow & Extras;
  /** Resolves when the person closes the workflow. */
  readonly closed: Promise<void>;
  #close: () => void = () => {};

  constructor(title: string, workflow: Workflow & Extras, enrolls: string | null = null) {
    super(stateOf(workflow));
    this.title = title;
    this.enrolls = enrolls;
    this.#workflow = workflow;
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  get isComplete(): boolean {
    return this.#workflow.status === 'COMPLETE';
  }

  readonly prepare = (factor: string, authenticatorId: string | null): Promise<void> =>
    this.#step(() => this.#workflow.prepare(factor, authenticatorId));

  readonly attempt = (proof: Proof): Promise<void> => this.#step(() => this.#workflow.attempt(proof));

  readonly passkey = (authenticatorId: string | null): Promise<void> =>
    this.#step(() => this.#workflow.passkey({ authenticatorId }));

  /** Waits for a person with another device, then proves that it was approved. */
  readonly awaitApproval = (proof: Proof): Promise<void> =>
    this.#step(async () => {
      await this.#workflow.waitForApproval();
      await this.#workflow.attempt(proof);
    });

  readonly close = (): void => {
    if (!this.isComplete) this.#workflow.cancel();
    this.#close();
  };

  async #step(take: () => Promise<unknown>): Promise<void> {
    if (this.state().isBusy) return;
    this.become({ ...this.state(), isBusy: true, problem: null });
    let problem: string | null = null;
    try {
      await take();
    } catch (error) {
      problem = error instanceof Error ? error.message : 'The request failed. Try again.';
    }
    this.become({ ...stateOf(this.#workflow), problem });
    // Backup codes are shown once, so the person says when they are saved.
    if (this.isComplete && this.state().backupCodes === null) this.#close();
  }
}

function stateOf(workflow: Workflow & Extras): RunState {
  const { status, factors, challenge, expiresAt, approves, material, backupCodes } = workflow;
  return {
    status,
    factors,
    challenge,
    expiresAt,
    approves: approves ?? null,
    material: material ?? null,
    backupCodes: backupCodes ?? null,
    isBusy: false,
    problem: null,
  };
}
