// What the operation in the editor demands, and whether the chosen session meets it.
import { clockOf } from '../duration.ts';
import { useEverySecond } from '../every-second.ts';
import type { GuardWatch } from '../guards/guard-watch.ts';
import type { Verdict } from '../guards/verdict.ts';
import { useObserved } from '../observable.ts';
import type { Sessions } from '../sessions.ts';

export function GuardsPanel({
  guards,
  sessions,
}: {
  readonly guards: GuardWatch;
  readonly sessions: Sessions;
}) {
  const { document, verdicts, decidedAt } = useObserved(guards);
  const { chosen } = useObserved(sessions);
  useEverySecond();
  const elapsed = (Date.now() - decidedAt) / 1000;
  if (!guards.isInformed)
    return (
      <p>
        The guards of this API are not known, because introspection omits them. Give the plugin the schema in
        SDL (option <code>sdl</code>).
      </p>
    );
  if (document === null) return <p>Write an operation. Its guarded fields appear here.</p>;
  if (verdicts.length === 0) return <p>No field of this operation is guarded.</p>;
  return (
    <>
      <p className="stepgate-faint">{chosen === null ? 'Nobody is signed in.' : `For ${chosen.name}.`}</p>
      <ul aria-label="Guarded fields">
        {verdicts.map((verdict) => (
          <Field key={verdict.path.join('.')} verdict={verdict} elapsed={elapsed} />
        ))}
      </ul>
    </>
  );
}

function Field({ verdict, elapsed }: { readonly verdict: Verdict; readonly elapsed: number }) {
  const { path, isOpen, secondsLeft, demands } = verdict;
  return (
    <li className="stepgate-card">
      <h3>
        <code>{path.join('.')}</code>{' '}
        <span className={isOpen ? 'stepgate-open' : 'stepgate-refused'}>
          {isOpen ? 'open' : 'refused'}
          {secondsLeft !== null && ` for ${clockOf(secondsLeft - elapsed)}`}
        </span>
      </h3>
      {demands.map(({ guard, place, isMet, reason }) => (
        <p key={guard + place}>
          <span className={isMet ? 'stepgate-open' : 'stepgate-refused'}>{isMet ? '✓' : '✗'}</span>{' '}
          <code>{guard}</code>
          {place !== null && <span className="stepgate-faint"> on {place}</span>}
          <br />
          {reason}
        </p>
      ))}
    </li>
  );
}
