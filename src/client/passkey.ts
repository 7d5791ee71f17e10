// The ceremonies of a passkey in a browser: its own functions read the options and write the response as JSON (WebAuthn
// Level 3, sections 5.1.7 to 5.1.10), so that no bytes are converted here. Loaded when it is used.
import { StepUpError } from './errors.ts';
import { canAutofillPasskeys, type PasskeyOptions } from './passkey-options.ts';
import { signalUnknownPasskey } from './passkey-signals.ts';

interface Credential {
  readonly id: string;
  toJSON(): unknown;
}

interface Browser {
  readonly navigator?: {
    readonly credentials?: {
      create(options: object): Promise<Credential | null>;
      get(options: object): Promise<Credential | null>;
    };
  };
  readonly PublicKeyCredential?: {
    parseCreationOptionsFromJSON?(options: unknown): object;
    parseRequestOptionsFromJSON?(options: unknown): object;
  };
}

const browser = (): Browser => globalThis as unknown as Browser;

/**
 * @param request the `request` of a challenge.
 * @param milliseconds with autofill, how long to wait for the user.
 * @returns AuthenticationResponseJSON, or null if the user did not pick a passkey in this time.
 * @throws {StepUpError}
 */
export async function usePasskey(
  request: unknown,
  { autofill, signal }: PasskeyOptions,
  milliseconds: number,
): Promise<unknown> {
  const { navigator, PublicKeyCredential } = browser();
  const parse = PublicKeyCredential?.parseRequestOptionsFromJSON?.bind(PublicKeyCredential);
  if (parse === undefined || (autofill && !(await canAutofillPasskeys()))) throw unsupported();
  const late = autofill ? AbortSignal.timeout(Math.max(milliseconds, 0)) : undefined;
  const stop = signal && late ? AbortSignal.any([signal, late]) : (signal ?? late);
  try {
    const used = await performed(
      () =>
        navigator?.credentials?.get({
          publicKey: parse(request),
          ...(autofill && { mediation: 'conditional' }),
          ...(stop && { signal: stop }),
        }),
      stop,
    );
    return used.toJSON();
  } catch (error) {
    if (late?.aborted && !signal?.aborted) return null;
    throw error;
  }
}

/**
 * Creates a passkey and sends it. If it is refused, the browser is told, so that it does not offer a passkey that nobody
 * accepts.
 *
 * @param material PublicKeyCredentialCreationOptionsJSON.
 * @param send takes RegistrationResponseJSON.
 */
export async function createPasskey<Result>(
  material: unknown,
  { signal }: PasskeyOptions,
  send: (passkey: unknown) => Promise<Result>,
): Promise<Result> {
  const { navigator, PublicKeyCredential } = browser();
  const parse = PublicKeyCredential?.parseCreationOptionsFromJSON?.bind(PublicKeyCredential);
  if (parse === undefined) throw unsupported();
  const created = await performed(
    () => navigator?.credentials?.create({ publicKey: parse(material), ...(signal && { signal }) }),
    signal,
  );
  try {
    return await send(created.toJSON());
  } catch (error) {
    // After any other failure, the server may have stored it.
    if (error instanceof StepUpError && error.code === 'PROOF_REJECTED') {
      const { rp } = material as { readonly rp: { readonly id: string } };
      await signalUnknownPasskey(rp.id, created.id);
    }
    throw error;
  }
}

async function performed(
  ceremony: () => Promise<Credential | null> | undefined,
  signal: AbortSignal | undefined,
): Promise<Credential> {
  let credential: Credential | null | undefined;
  try {
    credential = await ceremony();
  } catch (error) {
    throw passkeyError(signal?.aborted ? { name: 'AbortError' } : error);
  }
  if (credential == null) throw unsupported();
  return credential;
}

const unsupported = (): StepUpError =>
  new StepUpError({ code: 'PASSKEY_UNSUPPORTED', message: 'This browser does not support passkeys here.' });

/** The names are those of WebAuthn sections 5.1.3 and 5.1.4. */
function passkeyError(error: unknown): StepUpError {
  const { name } = error as { readonly name?: string };
  if (name === 'NotAllowedError' || name === 'AbortError')
    return new StepUpError({
      code: 'PASSKEY_CANCELLED',
      message: 'No passkey was used. Try again, or choose another way.',
    });
  if (name === 'InvalidStateError')
    return new StepUpError({
      code: 'PASSKEY_EXISTS',
      message: 'You already have a passkey for this account on this device.',
    });
  return new StepUpError({
    code: 'PASSKEY_FAILED',
    message: 'The passkey could not be used on this page.',
    cause: error,
  });
}
