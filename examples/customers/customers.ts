// The customers, in memory. A real service would use a database.

export interface Contract {
  readonly number: string;
  readonly iban: string;
  readonly monthlyFee: number;
}

export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly city: string;
  readonly contract: Contract;
  readonly changedBy: string | null;
}

const CUSTOMERS: readonly Customer[] = [
  {
    id: '1',
    name: 'Ada Bakery',
    city: 'London',
    contract: { number: 'C-1001', iban: 'GB33BUKB20201555555555', monthlyFee: 4900 },
    changedBy: null,
  },
  {
    id: '2',
    name: 'Hopper Shipping',
    city: 'New York',
    contract: { number: 'C-1002', iban: 'DE75512108001245126199', monthlyFee: 12_000 },
    changedBy: null,
  },
];

export interface Payment {
  readonly id: string;
  readonly customer: Customer;
  /** In cents. */
  readonly amount: number;
}

export class Customers {
  readonly #payments: Payment[] = [];
  readonly #byId = new Map(CUSTOMERS.map((one) => [one.id, one]));

  list(): Customer[] {
    return [...this.#byId.values()].toSorted((one, other) => one.name.localeCompare(other.name));
  }

  find(id: string): Customer | null {
    return this.#byId.get(id) ?? null;
  }

  /** @returns null if the customer does not exist. */
  change(id: string, change: (before: Customer) => Customer): Customer | null {
    const before = this.find(id);
    if (before === null) return null;
    const after = change(before);
    this.#byId.set(id, after);
    return after;
  }

  /** @returns null if the customer does not exist. */
  pay(id: string, amount: number): Payment | null {
    const customer = this.find(id);
    if (customer === null) return null;
    const payment = { id: String(this.#payments.length + 1), customer, amount };
    this.#payments.push(payment);
    return payment;
  }

  get payments(): readonly Payment[] {
    return this.#payments;
  }
}
