// A refusal of the last reply, with its remedy as a button. The operation runs again when the remedy is done.
import { useState } from 'react';
import type { Requirement } from '../../client/refusal.ts';
import { useObserved } from '../observable.ts';
import type { Workbench } from '../workbench.ts';

interface RefusedPanelProps {
  readonly workbench: Workbench;
  /** Runs the operation in the editor. */
  readonly run: () => Promise<void> | void;
  readonly openSessions: () => void;
}

export function RefusedPanel({ workbench, run, openSessions }: RefusedPanelProps) {
  const refused = useObserved(workbench.refused);
  const running = useObserved(workbench.running);
  const [isBusy, setBusy] = useState(false);
  if (refused === null || running !== null) return null;
  const stepUp = async (): Promise<void> => {
    setBusy(true);
    await workbench.stepUpAndRun(run).finally(() => setBusy(false));
  };
  const { remedy, demand, field } = refused;
  return (
    <section className="stepgate-card stepgate-refusal" aria-label="Refused">
      <h2>Refused{field !== '' && `: ${field}`}</h2>
      {remedy === 'SIGN_IN' ? (
        <>
          <p>Somebody must be signed in.</p>
          <button type="button" className="stepgate-act" onClick={openSessions}>
            Sign in
          </button>
        </>
      ) : demand?.elsewhere !== undefined ? (
        <Elsewhere page={demand.elsewhere} />
      ) : (
        <>
          <p>{demand && sentenceOf(demand.requirement)}</p>
          <button type="button" className="stepgate-act" disabled={isBusy} onClick={() => void stepUp()}>
            {remedy === 'ENROLL' ? 'Enroll an authenticator app and run again' : 'Step up and run again'}
          </button>
        </>
      )}
    </section>
  );
}

/** The token is not one of Stepgate's. @param page where its issuer lets its users step up. */
function Elsewhere({ page }: { readonly page: string | null }) {
  return <p>The token is of another issuer. {page === null ? 'Step up there.' : `Step up at ${page}`}</p>;
}

function sentenceOf({ maxAge, accept, bind }: Requirement): string {
  const factors = accept === null ? 'A second factor' : `One of ${accept.join(', ')}`;
  if (bind === 'OPERATION') return `${factors} must be proved for this operation, once.`;
  return maxAge === null
    ? `${factors} must be proved.`
    : `${factors} must be proved within ${maxAge} seconds.`;
}
