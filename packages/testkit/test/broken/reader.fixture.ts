/** Readers that are wrong in one way each. */
import { definePlugin, type Photo } from '@facewright/core';
import { testReader } from '@facewright/testkit';
import { meta, options, template } from './shared.js';

const reader = (name: string, list: () => readonly (readonly [string, readonly string[]])[]) =>
  testReader(
    definePlugin({
      meta: meta('reader', name),
      options,
      create: () => ({
        async *identities() {
          for (const [identity, ids] of list())
            yield { name: identity, photos: ids.map((id) => ({ id, identity, bytes: async () => Uint8Array.of(1) })) };
        },
      }),
    })(),
  );
let turn = 0;
reader('changing-order', () =>
  ++turn % 2
    ? [
        ['a', ['a/1']],
        ['b', ['b/1']],
      ]
    : [
        ['b', ['b/1']],
        ['a', ['a/1']],
      ],
);
reader('same-ids', () => [
  ['a', ['1']],
  ['b', ['1']],
]);
reader('absolute-ids', () => [['a', ['/home/a/1.jpg']]]);

const photo = (name: string, changes: Partial<Photo>): void =>
  testReader(
    definePlugin({
      meta: meta('reader', name),
      options,
      create: () => ({
        async *identities() {
          const sound = { id: 'a/1', identity: 'a', bytes: async () => Uint8Array.of(1) };
          yield { name: 'a', photos: [{ ...sound, ...changes }] };
        },
      }),
    })(),
  );
reader('finds-nobody', () => []);
let opened = 0;
photo('other-bytes-each-time', { bytes: async () => Uint8Array.of(++opened) });
photo('landmarks-without-a-place', { landmarks: { ...template, nose: [NaN, 1] } });
