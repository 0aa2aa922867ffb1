/** Addresses of queues: what they mean, and that a password is never shown. */
import { expect, test } from 'vitest';
import { queueAddress } from './address.js';
import { jobName } from './job.js';

test.each<[string, object, string, Record<string, string>?]>([
  ['redis://host', { host: 'host', port: 6379, db: 0 }, 'redis://host:6379'],
  ['redis://host:7000/2', { host: 'host', port: 7000, db: 2 }, 'redis://host:7000/2'],
  ['rediss://host', { host: 'host', port: 6379, db: 0, tls: {} }, 'rediss://host:6379'],
  ['valkey://host', { host: 'host', port: 6379, db: 0 }, 'valkey://host:6379'],
  ['redis://[::1]:7000', { host: '::1', port: 7000, db: 0 }, 'redis://[::1]:7000'],
  ['redis://:p%40ss@host', { host: 'host', port: 6379, db: 0, password: 'p@ss' }, 'redis://host:6379'],
  [
    'redis://me:secret@host',
    { host: 'host', port: 6379, db: 0, username: 'me', password: 'secret' },
    'redis://me@host:6379',
  ],
  [
    'redis://host',
    { host: 'host', port: 6379, db: 0, password: 'x' },
    'redis://host:6379',
    { FACEWRIGHT_QUEUE_PASSWORD: 'x' },
  ],
  [
    'redis://:own@host',
    { host: 'host', port: 6379, db: 0, password: 'own' },
    'redis://host:6379',
    { FACEWRIGHT_QUEUE_PASSWORD: 'x' },
  ],
])('%s', (url, options, shown, env = {}) => {
  expect(queueAddress(url, env)).toEqual({ options, shown });
});

test.each(['host:6379', 'http://:secret@host', 'redis://', 'redis://:secret@host/photos', 'redis://:sec/ret@host', ''])(
  'not an address: %s',
  (url) => {
    expect(() => queueAddress(url, {})).toThrow('This is not the address of a queue');
    expect(() => queueAddress(url, {})).not.toThrow(/sec/);
  },
);

test('a part has one name, which differs from those of other parts and preparations', () => {
  const job = { preparation: { data: 'photos' }, number: 3, of: 20 };
  expect(jobName(job)).toMatch(/^[0-9a-f]{16}-3-of-20$/);
  expect(jobName(structuredClone(job))).toBe(jobName(job));
  expect(jobName({ ...job, preparation: { data: 'other' } })).not.toBe(jobName(job));
});
