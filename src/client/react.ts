// The public export `stepgate/client/react`: the session, and the state of a step-up dialog. The application renders both.
'use client';

import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { StepgateClient } from './client.ts';
import { StepUpDialog, type StepUpDialogState } from './dialog.ts';
import { type SessionState, UNKNOWN } from './session-watch.ts';

export type { StepUpDialogState } from './dialog.ts';
export type { SessionState } from './session-watch.ts';

/** The state of the dialog, and its actions. The actions never reject; failures are in `error`. */
export interface StepUpDialogHandle
  extends StepUpDialogState,
    Pick<StepUpDialog, 'prepare' | 'attempt' | 'passkey' | 'cancel'> {}

interface Provided {
  readonly client: StepgateClient;
  readonly dialog: StepUpDialog;
}

const ClientContext = createContext<Provided | null>(null);

/**
 * Provides the session to {@link useSession} and the step-up dialog to {@link useStepUp}. While mounted, it replaces the
 * client's `onStepUp`. Unmounting it cancels an open prompt.
 *
 * @param props `client` is the client whose operations may be refused.
 */
export function StepUpProvider({
  client,
  children,
}: {
  readonly client: StepgateClient;
  readonly children?: ReactNode;
}): ReactElement {
  const [dialog] = useState(() => new StepUpDialog());
  useEffect(() => {
    const stop = client.promptWith(dialog.open);
    return () => {
      stop();
      dialog.cancel();
    };
  }, [client, dialog]);
  const provided = useMemo(() => ({ client, dialog }), [client, dialog]);
  return createElement(ClientContext, { value: provided }, children);
}

/**
 * Returns the state and the actions of the step-up dialog.
 *
 * @throws {Error} outside a {@link StepUpProvider}.
 */
export function useStepUp(): StepUpDialogHandle {
  const { dialog } = useProvided('useStepUp');
  const state = useSyncExternalStore(dialog.subscribe, dialog.state, dialog.state);
  const { prepare, attempt, passkey, cancel } = dialog;
  return { ...state, prepare, attempt, passkey, cancel };
}

/**
 * Returns the state of the session, and renders again at each change, in any tab. On a server, and in the first render, the
 * status is `UNKNOWN`.
 *
 * @throws {Error} outside a {@link StepUpProvider}.
 */
export function useSession(): SessionState {
  const { session } = useProvided('useSession').client;
  return useSyncExternalStore(session.subscribe, session.state, unknown);
}

const unknown = (): SessionState => UNKNOWN;

function useProvided(hook: string): Provided {
  const provided = useContext(ClientContext);
  if (provided === null) throw new Error(`${hook} must be used inside a <StepUpProvider>.`);
  return provided;
}
