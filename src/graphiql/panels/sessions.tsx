// The sessions, with the age of each proof, and signing in and out.
import { useState } from 'react';
import { assuranceLevelAt } from '../../policy/assurance.ts';
import type { Evidence } from '../../policy/evidence.ts';
import { nowThere } from '../access-token.ts';
import { clockOf } from '../duration.ts';
import { useEverySecond } from '../every-second.ts';
import type { GuardWatch } from '../guards/guard-watch.ts';
import { type Freshness, secondsFresh } from '../guards/verdict.ts';
import { useObserved } from '../observable.ts';
import type { HeldSession } from '../sessions.ts';
import type { Workbench } from '../workbench.ts';

interface SessionsPanelProps {
  readonly workbench: Workbench;
  readonly guards: GuardWatch;
}

export function SessionsPanel({ workbench, guards }: SessionsPanelProps) {
  const { sessions } = workbench;
  const { held, chosen } = useObserved(sessions);
  const { verdicts } = useObserved(guards);
  useEverySecond();
  const demanded = verdicts.flatMap(({ demands }) => demands.flatMap(({ freshness }) => freshness ?? []));
  return (
    <>
      <p className="stepgate-faint">
        {held.length === 0
          ? 'Tokens that replies bring are kept here, in memory. The token of the chosen session is sent with each operation.'
          : 'The token of the chosen session is sent with each operation, unless the headers name another one.'}
      </p>
      <ul aria-label="Sessions">
        {held.map((session) => (
          <Session
            key={session.id}
            session={session}
            demanded={demanded}
            isChosen={session === chosen}
            choose={() => sessions.choose(session.id)}
          />
        ))}
      </ul>
      {held.length > 0 && (
        <button type="button" aria-pressed={chosen === null} onClick={() => sessions.choose(null)}>
          Send no token
        </button>
      )}
      <SignIn workbench={workbench} />
    </>
  );
}

interface SessionProps {
  readonly session: HeldSession;
  /** What the operation in the editor demands. */
  readonly demanded: readonly Freshness[];
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Session({ session, demanded, isChosen, choose }: SessionProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const { name, client, token } = session;
  const { evidence, enrolled, roles, agent } = token.authContext;
  const now = nowThere(token);
  const signOut = (): void => {
    client.signOut().catch((error: unknown) => setProblem(String(error)));
  };
  return (
    <li className={`stepgate-card${isChosen ? ' stepgate-chosen' : ''}`}>
      <h3>
        {name} <span className="stepgate-faint">{assuranceLevelAt(evidence, undefined, now)}</span>
        {agent && <span> agent {agent.name}</span>}
      </h3>
      <ul aria-label="Evidence">
        {evidence.map((one) => (
          <li key={one.factor}>
            <code>{one.factor}</code> proved {clockOf(now - one.completedAt)} ago
            <Fresh proof={one} demanded={demanded} now={now} />
          </li>
        ))}
      </ul>
      {roles.length > 0 && <p>Roles: {roles.join(', ')}</p>}
      <p className="stepgate-faint">
        {enrolled.length === 0 ? 'No second factor is enrolled.' : `Second factors: ${enrolled.join(', ')}`}
      </p>
      <div className="stepgate-row">
        <button type="button" aria-pressed={isChosen} onClick={choose}>
          {isChosen ? 'Chosen' : 'Choose'}
        </button>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </div>
      {problem !== null && <p role="alert">{problem}</p>}
    </li>
  );
}

interface FreshProps {
  readonly proof: Evidence;
  readonly demanded: readonly Freshness[];
  readonly now: number;
}

/** How long a proof is fresh enough for the strictest demand that accepts it. */
function Fresh({ proof, demanded, now }: FreshProps) {
  const [strictest] = demanded
    .filter(({ accept }) => accept.includes(proof.factor))
    .toSorted((one, other) => one.maxAge - other.maxAge);
  if (strictest === undefined) return null;
  const left = secondsFresh(strictest, [proof], now) ?? 0;
  return (
    <span className={left >= 0 ? 'stepgate-open' : 'stepgate-refused'}>
      , {left >= 0 ? `fresh for ${clockOf(left)} of` : 'too old for'} <code>maxAge: {strictest.maxAge}</code>
    </span>
  );
}

function SignIn({ workbench }: { readonly workbench: Workbench }) {
  const [identifier, setIdentifier] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setProblem(null);
        workbench.signIn(identifier).catch((error: unknown) => setProblem((error as Error).message));
      }}
    >
      <label>
        Email address or phone number
        <input
          name="identifier"
          autoComplete="off"
          placeholder="empty for a passkey"
          value={identifier}
          onChange={(event) => setIdentifier(event.target.value)}
        />
      </label>
      <button type="submit">Sign in</button>
      {problem !== null && <p role="alert">{problem}</p>}
    </form>
  );
}
