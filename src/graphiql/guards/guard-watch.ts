// Follows the operation in the editor, and says what its guards decide about the chosen session. The SDL answers at once
// and gives the reasons. If the API is Stepgate's own, it has the last word.
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import { Observable } from '../observable.ts';
import type { Sessions } from '../sessions.ts';
import { askedVerdicts } from './asked.ts';
import { explainedVerdicts } from './explained.ts';
import type { Verdict } from './verdict.ts';

export interface Edited {
  readonly document: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>> | null;
}

export interface GuardsState {
  /** The operation, parsed. Null while it cannot be parsed. */
  readonly document: DocumentNode | null;
  readonly operationName: string | null;
  readonly verdicts: readonly Verdict[];
  /** This device's clock, in milliseconds. */
  readonly decidedAt: number;
}

/** How long a person pauses between two words. */
const PAUSE_MILLISECONDS = 250;

export class GuardWatch extends Observable<GuardsState> {
  readonly #sessions: Sessions;
  #schema: GraphQLSchema | null = null;
  readonly #isAsked: boolean;
  #edited: Edited = { document: '', operationName: null, variables: null };
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #expiring: ReturnType<typeof setTimeout> | undefined;
  #nobody: ReturnType<Sessions['newClient']> | null = null;

  /** @param isAsked whether the API has `stepUpRequirements`. */
  constructor(sessions: Sessions, isAsked: boolean) {
    super({ document: null, operationName: null, verdicts: [], decidedAt: 0 });
    this.#sessions = sessions;
    this.#isAsked = isAsked;
  }

  /** Whether anything is known of the guards of this API. */
  get isInformed(): boolean {
    return this.#schema !== null || this.#isAsked;
  }

  /** @param schema with its guards. */
  inform(schema: GraphQLSchema | null): void {
    this.#schema = schema;
    this.again();
  }

  follow(edited: Edited): void {
    this.#edited = edited;
    this.again();
  }

  /** Decides again, because the session, its age, or the operation has changed. */
  readonly again = (): void => {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#decide(), PAUSE_MILLISECONDS);
  };

  async #decide(): Promise<void> {
    const edited = this.#edited;
    const { chosen } = this.#sessions.state();
    const token = chosen?.token ?? null;
    const { operationName } = edited;
    const document = parsed(edited.document);
    const explained =
      document && this.#schema ? explainedVerdicts(this.#schema, document, edited, token) : [];
    if (!this.#isAsked || document === null) return this.#tell(document, operationName, explained);
    this.#nobody ??= this.#sessions.newClient();
    const asked = await askedVerdicts(chosen?.client ?? this.#nobody, edited, token).catch(() => null);
    // Something newer is being decided.
    if (edited !== this.#edited || chosen?.id !== this.#sessions.state().chosen?.id) return;
    this.#tell(document, operationName, agreed(explained, asked ?? explained));
  }

  #tell(document: DocumentNode | null, operationName: string | null, verdicts: readonly Verdict[]): void {
    this.become({ document, operationName, verdicts, decidedAt: Date.now() });
    clearTimeout(this.#expiring);
    const left = verdicts.flatMap(({ secondsLeft }) => secondsLeft ?? []);
    if (left.length > 0) this.#expiring = setTimeout(this.again, (Math.min(...left) + 1) * 1000);
  }
}

/** The API decides. Where both agree, the reasons of the SDL say more. */
function agreed(explained: readonly Verdict[], decided: readonly Verdict[]): Verdict[] {
  return decided.map((one) => {
    const path = one.path.join('.');
    const same = explained.find((other) => other.path.join('.') === path);
    return same === undefined || same.isOpen !== one.isOpen ? one : same;
  });
}

function parsed(text: string): DocumentNode | null {
  try {
    return parse(text);
  } catch {
    return null;
  }
}
