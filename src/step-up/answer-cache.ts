// Keeps the answers to questions about tokens for a few seconds. A failed question is not kept. The oldest answers are
// dropped first, which limits the memory.

const MOST_KEPT = 10_000;

export class AnswerCache<Answer> {
  readonly #kept = new Map<string, { readonly answer: Promise<Answer>; readonly until: number }>();
  readonly #seconds: number;
  readonly #now: () => Date;

  constructor(seconds: number, now: () => Date) {
    this.#seconds = seconds;
    this.#now = now;
  }

  /** The kept answer, or a new one. Requests at the same time share a question. */
  get(token: string, ask: () => Promise<Answer>): Promise<Answer> {
    const time = this.#now().getTime();
    const known = this.#kept.get(token);
    if (known !== undefined && time < known.until) return known.answer;
    this.#kept.delete(token); // setting it again moves it to the end
    const answer = ask();
    const entry = { answer, until: time + this.#seconds * 1000 };
    this.#kept.set(token, entry);
    answer.catch(() => {
      if (this.#kept.get(token) === entry) this.#kept.delete(token);
    });
    for (const [oldest, { until }] of this.#kept) {
      if (until > time && this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return answer;
  }
}
