// A workflow that runs in the panel: its factors, a field for the code, the ceremony of a passkey, and what it brings.
import { useState } from 'react';
import type { FactorOption, Proof } from '../../client/workflow.ts';
import { useObserved } from '../observable.ts';
import type { WorkflowRun } from '../workflow-run.ts';

export function WorkflowPanel({ run }: { readonly run: WorkflowRun }) {
  const { status, factors, approves, material, backupCodes, challenge, isBusy, problem } = useObserved(run);
  const [picked, pick] = useState<string | null>(null);
  const enrolled = status === 'NEEDS_ENROLLMENT' && run.enrolls !== null ? newFactor(run.enrolls) : undefined;
  const option =
    enrolled ??
    factors.find((one) => keyOf(one) === picked) ??
    (factors.length === 1 ? factors[0] : undefined);
  return (
    <section className="stepgate-card stepgate-chosen" aria-label={run.title}>
      <h2>{run.title}</h2>
      {approves !== null && (
        <p>
          You approve: <strong>{approves}</strong>
        </p>
      )}
      <p className="stepgate-faint">{status}</p>
      {status === 'NEEDS_ENROLLMENT' && <Material material={material} />}
      {factors.length > 1 && enrolled === undefined && (
        <div className="stepgate-row">
          {factors.map((one) => (
            <button
              key={keyOf(one)}
              type="button"
              disabled={isBusy}
              aria-pressed={one === option}
              onClick={() => {
                pick(keyOf(one));
                if (one.needsPreparing && one.factor !== 'PASSKEY')
                  void run.prepare(one.factor, one.authenticatorId);
              }}
            >
              {one.factor} {one.hint}
            </button>
          ))}
        </div>
      )}
      {option && (
        <Factor
          key={keyOf(option)}
          run={run}
          option={option}
          isPrepared={challenge?.factor === option.factor}
        />
      )}
      {backupCodes !== null && (
        <ul aria-label="Backup codes">
          {backupCodes.map((code) => (
            <li key={code}>
              <code>{code}</code>
            </li>
          ))}
        </ul>
      )}
      {problem !== null && <p role="alert">{problem}</p>}
      <div className="stepgate-row">
        <button type="button" onClick={run.close}>
          {backupCodes === null ? 'Cancel' : 'I have saved the codes'}
        </button>
      </div>
    </section>
  );
}

/** The member of the proof for a factor whose proof is typed. */
const TYPED: Readonly<Record<string, (typed: string) => Proof>> = {
  PASSWORD: (password) => ({ password }),
  EMAIL_CODE: (emailCode) => ({ emailCode }),
  PHONE_CODE: (phoneCode) => ({ phoneCode }),
  TOTP: (totp) => ({ totp }),
  BACKUP_CODE: (backupCode) => ({ backupCode }),
};

/** The proof for a factor that is approved elsewhere. */
const APPROVED: Readonly<Record<string, Proof>> = {
  EMAIL_LINK: { linkApproved: true },
  PHONE_LINK: { linkApproved: true },
  DEVICE_APPROVAL: { deviceApproval: true },
};

interface FactorProps {
  readonly run: WorkflowRun;
  readonly option: FactorOption;
  readonly isPrepared: boolean;
}

function Factor({ run, option, isPrepared }: FactorProps) {
  const { factor, authenticatorId, needsPreparing } = option;
  const { challenge, isBusy, status } = useObserved(run);
  const [typed, setTyped] = useState('');
  const proofOf = TYPED[factor];
  const approval = APPROVED[factor];
  if (factor === 'PASSKEY')
    return (
      <button
        type="button"
        className="stepgate-act"
        disabled={isBusy}
        onClick={() => void run.passkey(authenticatorId)}
      >
        {status === 'NEEDS_ENROLLMENT' ? 'Create a passkey' : 'Use a passkey'}
      </button>
    );
  if (needsPreparing && !isPrepared)
    return (
      <button
        type="button"
        className="stepgate-act"
        disabled={isBusy}
        onClick={() => void run.prepare(factor, authenticatorId)}
      >
        Send {factor}
      </button>
    );
  if (approval !== undefined)
    return (
      <>
        <Material material={challenge?.request} />
        <button
          type="button"
          className="stepgate-act"
          disabled={isBusy}
          onClick={() => void run.awaitApproval(approval)}
        >
          {isBusy ? 'Waiting for the approval' : 'Wait for the approval'}
        </button>
      </>
    );
  if (proofOf === undefined) return <p>Prove {factor} with an operation in the editor.</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setTyped('');
        void run.attempt(proofOf(typed));
      }}
    >
      <label>
        {factor}
        <input
          name="proof"
          autoComplete="off"
          type={factor === 'PASSWORD' ? 'password' : 'text'}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <button type="submit" className="stepgate-act" disabled={isBusy || typed === ''}>
        Prove
      </button>
    </form>
  );
}

/** What a person needs to set a factor up or to answer a challenge. A QR code is a picture. */
function Material({ material }: { readonly material: unknown }) {
  if (typeof material !== 'object' || material === null) return null;
  const { qrCode, secret, url, number } = material as Readonly<Record<string, unknown>>;
  return (
    <>
      {typeof qrCode === 'string' && qrCode.startsWith('data:image/svg+xml') && (
        <img src={qrCode} alt="QR code" />
      )}
      {typeof secret === 'string' && (
        <p>
          Secret: <code aria-label="Secret">{secret}</code>
        </p>
      )}
      {typeof url === 'string' && (
        <p>
          Open on the device: <code>{url}</code>
        </p>
      )}
      {(typeof number === 'number' || typeof number === 'string') && (
        <p>
          Type this number on the device: <strong>{number}</strong>
        </p>
      )}
    </>
  );
}

/** The factor that is being enrolled, as if it could be proved already. */
function newFactor(factor: string): FactorOption {
  return { factor, authenticatorId: null, hint: null, needsPreparing: false, providerId: null };
}

function keyOf({ factor, authenticatorId }: FactorOption): string {
  return `${factor} ${authenticatorId ?? ''}`;
}
