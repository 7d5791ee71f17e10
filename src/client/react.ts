// The public export `stepgate/client/react`: the state of a step-up dialog. The application renders the dialog itself.
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import type { StepgateClient } from './client.ts';
import { StepUpDialog, type StepUpDialogState } from './dialog.ts';

export type { StepUpDialogState } from './dialog.ts';

/** The state of the dialog, and its actions. The actions never reject; failures are in `error`. */
export interface StepUpDialogHandle
  extends StepUpDialogState,
    Pick<StepUpDialog, 'prepare' | 'attempt' | 'passkey' | 'cancel'> {}

const DialogContext = createContext<StepUpDialog | null>(null);

/**
 * Provides the step-up dialog to {@link useStepUp}. While mounted, it replaces the client's `onStepUp`. Unmounting it
 * cancels an open prompt.
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
  return createElement(DialogContext, { value: dialog }, children);
}

/**
 * Returns the state and the actions of the step-up dialog.
 *
 * @throws {Error} outside a {@link StepUpProvider}.
 */
export function useStepUp(): StepUpDialogHandle {
  const dialog = useContext(DialogContext);
  if (dialog === null) throw new Error('useStepUp must be used inside a <StepUpProvider>.');
  const state = useSyncExternalStore(dialog.subscribe, dialog.state, dialog.state);
  const { prepare, attempt, passkey, cancel } = dialog;
  return { ...state, prepare, attempt, passkey, cancel };
}
