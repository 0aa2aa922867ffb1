import { expect, test } from 'vitest';
import { noBrowserReason } from './open-browser.js';

test('a browser is opened only where a person can see it', () => {
  expect(noBrowserReason({ DISPLAY: ':0' }, 'linux', true)).toBeUndefined();
  expect(noBrowserReason({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux', true)).toBeUndefined();
  expect(noBrowserReason({}, 'darwin', true)).toBeUndefined();
  expect(noBrowserReason({}, 'win32', true)).toBeUndefined();
  expect(noBrowserReason({}, 'linux', true)).toBe('there is no display');
  expect(noBrowserReason({ DISPLAY: ':0', CI: 'true' }, 'linux', true)).toBe('this is a CI job');
  expect(noBrowserReason({ DISPLAY: ':0' }, 'linux', false)).toBe('the output is not a terminal');
  expect(noBrowserReason({ SSH_CONNECTION: 'a' }, 'darwin', true)).toBe('this is a remote session');
});
