// Laravel: its table `users`. Fortify encrypts second factors with the application's key, so they cannot be imported.
import { table } from './table.ts';

export const laravel = table({
  marks: [['email_verified_at', 'password'], ['remember_token']],
  id: 'id',
  name: ['name'],
  email: 'email',
  emailVerified: 'email_verified_at',
  password: 'password',
  createdAt: 'created_at',
  more: (row) => ({ otherSecondFactors: row.isSet('two_factor_secret') ? ['two_factor_secret'] : [] }),
});
