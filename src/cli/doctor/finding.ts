// What a check of `stepgate doctor` found.

export interface Finding {
  readonly check: string;
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  /** What to do about it. Null when there is nothing to do, or when the message says it. */
  readonly fix: string | null;
}

/** Makes the findings of one check. */
export function findingsOf(check: string) {
  const finding =
    (outcome: Finding['outcome']) =>
    (message: string, fix: string | null = null): Finding => ({ check, outcome, message, fix });
  return {
    ok: finding('ok'),
    warning: finding('warning'),
    failed: finding('failed'),
    skipped: finding('skipped'),
  };
}
