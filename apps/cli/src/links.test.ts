import { expect, test } from 'vitest';
import { fileLink, linkTo } from './links.js';

test('a link is text with its URL, or plain text if the terminal does not support links', () => {
  expect(linkTo('http://127.0.0.1:4179/', undefined, false)).toBe('http://127.0.0.1:4179/');
  expect(fileLink('/runs/my run/report.html', false)).toBe('/runs/my run/report.html');
  expect(fileLink('/runs/my run/report.html', true)).toBe(
    '\u001b]8;;file:///runs/my%20run/report.html\u001b\\/runs/my run/report.html\u001b]8;;\u001b\\',
  );
  // tests write to a pipe
  expect(fileLink('/run')).toBe('/run');
});
