// A password and its hash by another system.

export interface Vector {
  readonly name: string;
  readonly password: string;
  readonly text: string;
  readonly scheme: string;
}

export const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
