// Hashes of web frameworks and their libraries.
import { createHmac } from 'node:crypto';
import { hashSync } from 'bcrypt';
import type { Vector } from './vector.ts';

// django/django, tests/auth_tests/test_hashers.py.
export const DJANGO: readonly Vector[] = [
  {
    name: 'Django: test_pbkdf2',
    password: 'lètmein',
    text: 'pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: 'Django: test_low_level_pbkdf2_sha1',
    password: 'lètmein',
    text: 'pbkdf2_sha1$390000$seasalt2$aDapRanzW8aHTz97v2TcfHzWD+I=',
    scheme: 'pbkdf2-sha1',
  },
  {
    name: 'Django: test_scrypt',
    password: 'lètmein',
    text: 'scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==',
    scheme: 'scrypt',
  },
  {
    name: 'Django: test_argon2',
    password: 'secret',
    text: 'argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q',
    scheme: 'argon2i',
  },
  {
    name: 'Django: test_md5',
    password: 'lètmein',
    text: 'md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3',
    scheme: 'md5',
  },
  {
    name: 'Django: test_sha1',
    password: 'lètmein',
    text: 'sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8',
    scheme: 'sha1',
  },
  {
    name: 'Django: test_unsalted_md5',
    password: 'lètmein',
    text: '88a434c88cca4e900f7874cd98123f43',
    scheme: 'md5',
  },
  {
    name: 'Django: test_unsalted_md5, the other syntax',
    password: 'lètmein',
    text: 'md5$$88a434c88cca4e900f7874cd98123f43',
    scheme: 'md5',
  },
  {
    name: 'Django: test_unsalted_sha1',
    password: 'lètmein',
    text: 'sha1$$6d138ca3ae545631b3abd71a4f076ce759c5700b',
    scheme: 'sha1',
  },
  {
    name: "made by Django 5.2's own PBKDF2PasswordHasher, with fewer rounds",
    password: 'lètmein',
    text: 'pbkdf2_sha256$1000$seasalt$JgZryXe2Ga8ysg6XbzkLpTdyPQrHqsinbL9BnnhgX4A=',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: "made by Django 5.2's own ScryptPasswordHasher, with less work",
    password: 'lètmein',
    text: 'scrypt$1024$seasalt$8$5$ozpUt/qDR/QLBzi9csaWJofO252yHC+Oxl5cycNUQkna/BBjumDq5KMXPAq1Xi3sxxGWxqtAlQmEE+DSWNl+FQ==',
    scheme: 'scrypt',
  },
];

// Werkzeug's own tests contain no hash.
export const WERKZEUG: readonly Vector[] = [
  {
    name: "made by Werkzeug 3.1's own generate_password_hash: scrypt",
    password: 'lètmein',
    text: 'scrypt:1024:8:1$VzwjnNViECdaSWiE$2a025ac35fdfafe81e04055301214c8d682f660e1148449dbfa0d4b2b575c3dc5b44980ed1f19624c3f189eea82dfb45c73e2e2078e3ab832baa6355e991871d',
    scheme: 'scrypt',
  },
  {
    name: "made by Werkzeug 3.1's own generate_password_hash: pbkdf2 with SHA-256",
    password: 'lètmein',
    text: 'pbkdf2:sha256:1000$B5J94uOslZY77Yg9$ba8feedbb7ba09b8e0afd1242c646a6f357184f6a77121c3d7facf74d845f7c7',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: "made by Werkzeug 3.1's own generate_password_hash: pbkdf2 with SHA-512",
    password: 'lètmein',
    text: 'pbkdf2:sha512:1000$y84Qg35MTpZgPy7F$8473b22d19b5e885d80dd5600d0bd0f4b9f30ae6cc3f0a403a40e26e19502f3b544e968d33a6bc56ee403253847e5c52eb3edfb0748d692efe1fcbb57a904a96',
    scheme: 'pbkdf2-sha512',
  },
];

// Passlib 1.7.4: passlib/tests/test_handlers_pbkdf2.py, test_handlers_scrypt.py and test_handlers.py (for LDAP, and for
// phpass, where they are said to be from phpass itself and from John the Ripper).
export const PASSLIB: readonly Vector[] = [
  {
    name: 'Passlib: pbkdf2_sha1',
    password: 'password',
    text: '$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI',
    scheme: 'pbkdf2-sha1',
  },
  {
    name: 'Passlib: pbkdf2_sha256',
    password: 'password',
    text: '$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ',
    scheme: 'pbkdf2-sha256',
  },
  {
    name: 'Passlib: pbkdf2_sha512',
    password: 'password',
    text: '$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww',
    scheme: 'pbkdf2-sha512',
  },
  {
    name: 'Passlib: scrypt',
    password: 'test',
    text: '$scrypt$ln=8,r=8,p=1$wlhLyXmP8b53bm1NKYVQqg$mTpvG8lzuuDk+DWz8HZIB6Vum6erDuUm0As5yU+VxWA',
    scheme: 'scrypt',
  },
  {
    name: 'Passlib: scrypt in two lanes',
    password: 'nacl',
    text: '$scrypt$ln=1,r=4,p=2$yhnD+J+Tci4lZCwFgHCuVQ$fAsEWmxSHuC0cHKMwKVFPzrQukgvK09Sj+NueTSxKds',
    scheme: 'scrypt',
  },
  { name: 'Passlib: {MD5}', password: 'helloworld', text: '{MD5}/F4DjTilcDIIVEHn/nAQsA==', scheme: 'md5' },
  {
    name: 'Passlib: {SMD5}',
    password: 'testing1234',
    text: '{SMD5}UjFY34os/pnZQ3oQOzjqGu4yeXE=',
    scheme: 'md5',
  },
  {
    name: 'Passlib: {SHA}',
    password: 'helloworld',
    text: '{SHA}at+xg6SiyUovktq1redipHiJpaE=',
    scheme: 'sha1',
  },
  {
    name: 'Passlib: {SSHA}',
    password: 'secret',
    text: '{SSHA}0H+zTv8o4MR4H43n03eCsvw1luG8LdB7',
    scheme: 'sha1',
  },
  {
    name: 'Passlib: {SSHA256}',
    password: 'password',
    text: '{SSHA256}x1tymSTVjozxQ2PtT46ysrzhZxbcskK0o2f8hEFx7fAQQmhtDSEkJA==',
    scheme: 'sha256',
  },
  {
    name: 'Passlib: {SSHA512}',
    password: 'letm\u00e8\u00efn',
    text: '{SSHA512}mpNUSmZc3TNx+RnPwkIAVMf7ocEKLPrIoQNsg4Eu8dHvyCeb2xzHp5A6n4tF7ntknSvfvRZaJII4ImvNJlYsgiwAm0FMqR+3',
    scheme: 'sha512',
  },
  { name: 'phpass', password: 'test12345', text: '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0', scheme: 'phpass' },
  {
    name: 'John the Ripper: phpass, as phpBB writes it',
    password: 'JohnRipper',
    text: '$H$712345678WhEyvy1YWzT4647jzeOmo0',
    scheme: 'phpass',
  },
  {
    name: 'Passlib: phpass, beyond ASCII',
    password: 't\u00e1\u0411\u2113\u0259',
    text: '$P$7SMy8VxnfsIy2Sxm7fJxDSdil.h7TW.',
    scheme: 'phpass',
  },
];

// WordPress 6.8 and later. Published: the hash of `admin` that seanmorris/php-wasm-demo pins in its set-up of
// WordPress, and checks there by PHP's password_verify. Made by the algorithm, as wp_hash_password has it: the others,
// whose passwords WordPress trims and, from a form, slashes.
export const WORDPRESS: readonly Vector[] = [
  {
    name: 'WordPress: admin',
    password: 'admin',
    text: '$wp$2y$10$Q1xinFjrZeLWJBvxviIL6u834Fu.evIEFHAUVisQ5O.w9Dm0sMdES',
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: white space at both ends',
    password: ' \t a pass word \n',
    text: wordPressHashOf('a pass word'),
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: quotes and a backslash, out of a form',
    password: `it's "\\`,
    text: wordPressHashOf(`it\\'s \\"\\\\`),
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: a NUL, out of a form',
    password: 'nul\0within',
    text: wordPressHashOf('nul\\0within'),
    scheme: 'wordpress',
  },
  {
    name: 'made as WordPress does: quotes, as a script of the site sets them',
    password: `it's "\\`,
    text: wordPressHashOf(`it's "\\`),
    scheme: 'wordpress',
  },
  {
    name: 'phpass, as WordPress before 6.8 keeps it',
    password: 'test12345',
    text: '$wp$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
    scheme: 'wordpress',
  },
];

/** wp_hash_password, after whatever was done to the password. */
function wordPressHashOf(password: string): string {
  const digest = createHmac('sha384', 'wp-sha384').update(password).digest('base64');
  return `$wp${hashSync(digest, 4).replace('$2b', '$2y')}`;
}

// dotnet/aspnetcore, src/Identity/test/Identity.Test/PasswordHasherTest.cs: what HashPassword writes, and what
// VerifyHashedPassword accepts. A version 3 with 50 rounds and 16 bytes is among them.
export const ASP_NET: readonly Vector[] = (
  [
    ['version 2', 'AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==', 'pbkdf2-sha1'],
    [
      'version 3',
      'AQAAAAEAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+yWU7rLgUwPZb1Itsmra7cbxw2EFpwpVFIEtP+JIuUEw==',
      'pbkdf2-sha256',
    ],
    ['SHA-512, 50 rounds', 'AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw', 'pbkdf2-sha512'],
    [
      'SHA-512, 250 rounds, 64 bytes',
      'AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw==',
      'pbkdf2-sha512',
    ],
    ['SHA-1, 250 rounds', 'AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M', 'pbkdf2-sha1'],
    [
      'SHA-256, 250000 rounds',
      'AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=',
      'pbkdf2-sha256',
    ],
  ] as const
).map(([name, text, scheme]) => ({
  name: `ASP.NET Identity: ${name}`,
  password: 'my password',
  text,
  scheme,
}));
