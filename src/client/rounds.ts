// Asks the user once for all operations that are refused at the same time, with the strictest of their requirements. One
// round is open at a time. A refusal that no single proof could satisfy together with the others waits for the next one.
import type { Operation } from './operation.ts';
import { covers, type Demand, strictestOf } from './refusal.ts';

/** How long to collect refusals before asking. The operations of a page are refused at about the same time. */
const GATHERING_MILLISECONDS = 50;

export interface Round {
  /** The demand of its first operation, with the strictest requirement of all. */
  demand: Demand;
  /** The operation to which the proof is bound. Such a round is never shared. */
  readonly bound: Operation | null;
  /** Whether the user is being asked. After that, operations that require more cannot join. */
  hasBegun: boolean;
  readonly outcome: Promise<boolean>;
}

/** Asks the user to meet what `runOperation` was refused for. */
export interface Asking {
  /** @returns whether the user has met the demand. @throws the errors of the application. */
  ask(demand: Demand, operation: Operation): Promise<boolean>;
}

/**
 * @param canMeet whether the application can be asked for this.
 * @param meet returns whether the user has met the demand of the round.
 */
export function inRounds(
  canMeet: (demand: Demand) => boolean,
  meet: (round: Round) => Promise<boolean>,
): Asking {
  /** The unfinished rounds, oldest first. */
  const rounds = new Set<Round>();
  let last: Promise<unknown> = Promise.resolve();

  function joined({ remedy, requirement }: Demand): Promise<boolean> | undefined {
    for (const round of rounds) {
      const { demand } = round;
      const both = strictestOf(demand.requirement, requirement);
      if (demand.remedy !== remedy || round.bound !== null || both === null) continue;
      if (round.hasBegun && !covers(demand.requirement, requirement)) continue;
      if (!round.hasBegun) round.demand = { ...demand, requirement: both };
      return round.outcome;
    }
    return undefined;
  }

  function begin(demand: Demand, bound: Operation | null): Promise<boolean> {
    const gathered = new Promise((resolve) => setTimeout(resolve, GATHERING_MILLISECONDS));
    const outcome = Promise.all([last, gathered])
      .then(() => {
        round.hasBegun = true;
        return meet(round);
      })
      .finally(() => rounds.delete(round));
    const round: Round = { demand, bound, hasBegun: false, outcome };
    rounds.add(round);
    last = outcome.catch(() => {});
    return outcome;
  }

  return {
    async ask(demand, operation) {
      if (!canMeet(demand)) return false;
      const isBound = demand.remedy === 'STEP_UP' && demand.requirement.bind === 'OPERATION';
      return (isBound ? undefined : joined(demand)) ?? begin(demand, isBound ? operation : null);
    },
  };
}
