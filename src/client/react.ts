// The public export `stepgate/client/react`: the state of a dialog that asks for a proof. The dialog itself is the
// application's.
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

/** What a dialog shows, and what it does. */
export interface StepUpDialogHandle
  extends StepUpDialogState,
    Pick<StepUpDialog, 'prepare' | 'attempt' | 'cancel'> {}

const DialogContext = createContext<StepUpDialog | null>(null);

/** Asks by `useStepUp` for what the client's operations demand, while it is mounted. */
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

/** The state of the dialog, below a `StepUpProvider`. */
export function useStepUp(): StepUpDialogHandle {
  const dialog = useContext(DialogContext);
  if (dialog === null) throw new Error('useStepUp needs a <StepUpProvider> above it.');
  const state = useSyncExternalStore(dialog.subscribe, dialog.state, dialog.state);
  const { prepare, attempt, cancel } = dialog;
  return { ...state, prepare, attempt, cancel };
}
