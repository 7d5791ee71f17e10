// A state that components render. Each change makes a new state object.
import { useSyncExternalStore } from 'react';

export class Observable<State> {
  #state: State;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
  }

  readonly state = (): State => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  become(state: State): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export function useObserved<State>({ subscribe, state }: Observable<State>): State {
  return useSyncExternalStore(subscribe, state, state);
}
