// A session whose tokens are `__Host-` cookies, which scripts cannot read. The client requests them with a header, and
// learns only from a refusal that they have expired.

import { type ClientSession, NOBODY, type Presented, refreshSession } from './client-session.ts';
import { endSession, SignOut } from './end-session.ts';
import type { Endpoint } from './endpoint.ts';
import { exclusively } from './exclusive.ts';
import { Freshness } from './lifetime.ts';
import { runOperation } from './run-operation.ts';
import type { SessionGrant } from './session-grant.ts';
import type { SessionWatch } from './session-watch.ts';
import { type News, Note, openNews } from './tabs.ts';

const VIEWER = '{ viewer { id } }';
const COOKIES = { headers: { 'x-stepgate-session': 'cookie' }, cookies: true };

export class CookieSession implements ClientSession {
  readonly #endpoint: Endpoint;
  readonly #lock: string;
  readonly #watch: SessionWatch;
  readonly tell: (news: News) => void;
  readonly #freshness = new Freshness();
  /** Set while the server does not know of a sign-out. Until then, the remaining cookies are not sent. */
  readonly #unfinished: Note;
  /** Counts the tokens that this client has received. */
  #generation = 0;
  /** The session of these tokens, if known. */
  #sessionId: string | null = null;
  /** Counts the events that may have started a session. */
  #beginnings = 0;
  /** The value of `#beginnings` at which a refresh found no session. */
  #nobodyAt: number | null = null;
  /** Whether the application has been told that nobody is signed in. */
  #isSignedOut = false;
  #refreshing: Promise<boolean> | null = null;
  readonly #signOut = new SignOut(() => this.inTurn(() => this.#end()));

  /** @param lock the name of the lock shared with other tabs, which have the same cookies. */
  constructor(endpoint: Endpoint, lock: string, watch: SessionWatch) {
    this.#endpoint = endpoint;
    this.#lock = lock;
    this.#watch = watch;
    this.#unfinished = new Note(`${lock} sign-out`);
    this.tell = openNews(lock, (news) => this.#hear(news));
  }

  async present(): Promise<Presented> {
    await this.finishSignOut();
    return this.#unfinished.isSet() ? NOBODY : { ...COOKIES, mark: this.#generation };
  }

  async renew({ mark }: Presented): Promise<boolean> {
    if (mark === null) return false;
    const isRenewed = !this.#isNobody && (await this.#refreshed(mark));
    if (this.#isNobody) this.#learnSignOut();
    return isRenewed;
  }

  async update({ mark }: Presented, isCertain: boolean): Promise<boolean> {
    if (mark === null) return false;
    const isNewest = mark === this.#generation && this.#refreshing === null;
    if (isNewest && !isCertain && this.#freshness.isYoung) return false;
    const isRenewed = await this.#refreshed(mark).catch(() => false);
    this.#freshness.note();
    return isRenewed;
  }

  async isSignedIn(): Promise<boolean> {
    const { data } = await runOperation(this, null, { kind: 'query', query: VIEWER }, (credentials) =>
      this.#endpoint.send<{ readonly viewer: object | null }>({ query: VIEWER }, credentials),
    );
    return data?.viewer != null;
  }

  noticeMutation(): void {
    const wasNobody = this.#isNobody;
    this.#beginnings += 1;
    if (!wasNobody) return;
    this.tell('MAYBE_SIGNED_IN');
    this.#watch.doubtSignOut();
  }

  async keep(grant: SessionGrant): Promise<void> {
    this.#unfinished.clear(); // the new cookies have replaced the old ones
    await this.replace(grant);
  }

  async replace({ session }: SessionGrant): Promise<boolean> {
    this.#freshness.note();
    this.#generation += 1;
    this.#beginnings += 1;
    this.#sessionId = session?.id ?? null;
    this.#isSignedOut = false;
    return !this.#unfinished.isSet();
  }

  async signOut(): Promise<void> {
    if (this.#isNobody && this.#isSignedOut) return;
    this.#unfinished.set();
    this.#isSignedOut = true;
    this.tell('SIGNED_OUT');
    this.#watch.note('SIGNED_OUT');
    await this.#signOut.try();
  }

  async finishSignOut(): Promise<void> {
    if (this.#unfinished.isSet()) await this.#signOut.retry();
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return exclusively(this.#endpoint, this.#lock, work);
  }

  get #isNobody(): boolean {
    return this.#nobodyAt === this.#beginnings;
  }

  async #end(): Promise<void> {
    if (!this.#unfinished.isSet()) return; // another tab was first
    const beginning = this.#beginnings;
    await endSession(this.#endpoint, COOKIES, async () =>
      (await refreshSession(this.#endpoint, null, COOKIES)) === null ? null : COOKIES,
    );
    this.#unfinished.clear();
    this.#nobodyAt = beginning;
  }

  #hear(news: News): void {
    if (news === 'SIGNED_OUT') return this.#learnSignOut();
    this.#beginnings += 1;
    if (news === 'MAYBE_SIGNED_IN') return this.#watch.doubtSignOut();
    this.#isSignedOut = false;
    this.#watch.note(news);
  }

  #learnSignOut(): void {
    if (this.#isSignedOut) return;
    this.#isSignedOut = true;
    this.#watch.noteEnd();
  }

  #refreshed(refused: string | number): Promise<boolean> {
    this.#refreshing ??= this.inTurn(() => this.#refresh(refused)).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(refused: string | number): Promise<boolean> {
    if (this.#unfinished.isSet()) return false; // signed out in the meantime
    if (refused !== this.#generation) return true; // another caller was first
    const [before, beginning] = [this.#sessionId, this.#beginnings];
    const grant = await refreshSession(this.#endpoint, null, COOKIES);
    if (grant === null) {
      this.#nobodyAt = beginning;
      return false;
    }
    await this.replace(grant);
    // Another tab may have signed in a different user, for whom the operation must not be repeated.
    return before === null || this.#sessionId === before;
  }
}
