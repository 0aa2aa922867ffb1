// Mutants of valid files, drawn by fast-check. A plan is a list of edits as plain data, so failures can be kept and
// replayed.
import fc from 'fast-check';

/** Numbers at which sizes, counts and offsets go wrong. */
const NUMBERS = [
  0,
  1,
  2,
  3,
  7,
  8,
  127,
  128,
  255,
  256,
  511,
  512,
  1023,
  4096,
  65535,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 40,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 63,
];
/** Texts at which parsers of lists, paths and JSON go wrong. */
const TEXTS = [
  '',
  '0',
  '-1',
  '1e999',
  'NaN',
  'null',
  '[]',
  '{}',
  '"',
  '../../outside',
  '/etc/passwd',
  '\0',
  '\uFEFF',
  '\uD800',
  '%00',
  '__proto__',
  'constructor',
  '9'.repeat(40),
  'a'.repeat(5000),
  '['.repeat(20_000),
  '{"a":'.repeat(5000),
  '&a [*a]',
  '\r',
  '\n',
  '\t',
  ' ',
  '*'.repeat(100),
];
/** Replacement values for JSON documents. */
const VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 31,
  2 ** 53,
  '',
  'a',
  '../../outside',
  '/etc/passwd',
  '__proto__',
  './evil.mjs',
  [],
  {},
  [[]],
  { name: './evil.mjs' },
  Array(300).fill(0),
  'x'.repeat(3000),
];

const at = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const edit = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('byte'), at, value: fc.nat(255) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('number'),
      at,
      size: fc.constantFrom(1, 2, 4, 8),
      big: fc.boolean(),
      value: fc.constantFrom(...NUMBERS),
      aligned: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut'), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete'), at, length: fc.nat(64) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('repeat'),
      at,
      length: fc.integer({ min: 1, max: 200 }),
      times: fc.constantFrom(1, 2, 50, 2000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('move'), at, to: at, length: fc.integer({ min: 1, max: 600 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert'), at, text: fc.constantFrom(...TEXTS) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('digits'), at, text: fc.constantFrom(...TEXTS, ...NUMBERS.map(String)) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('json'), at, value: fc.constantFrom(...VALUES) }) },
);
const plan = fc.record({
  file: at,
  fix: fc.boolean(),
  edits: fc.array(edit, { minLength: 1, maxLength: 4 }),
  /** Random bytes instead of edits. */
  random: fc.oneof(
    { weight: 12, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('base64')) },
  ),
});

/** `count` plans for this seed; reproducible. */
export const plans = (seed, count) => fc.sample(plan, { seed, numRuns: count });

/** The files with one of them changed according to the plan: its name and bytes. */
export function mutate(files, mutable, { file, edits, random }) {
  const name = mutable[Math.floor(file * mutable.length)];
  const bytes = random == null ? edits.reduce(edited, Buffer.from(files[name])) : Buffer.from(random, 'base64');
  return { name, bytes: bytes.subarray(0, 4 << 20) };
}

function edited(bytes, edit) {
  const from = Math.floor(edit.at * bytes.length);
  const before = bytes.subarray(0, from);
  switch (edit.kind) {
    case 'byte':
      return from < bytes.length ? Buffer.concat([before, Buffer.of(edit.value), bytes.subarray(from + 1)]) : bytes;
    case 'number':
      return withNumber(bytes, edit);
    case 'cut':
      return before;
    case 'delete':
      return Buffer.concat([before, bytes.subarray(from + edit.length)]);
    case 'repeat': {
      const part = bytes.subarray(from, from + edit.length);
      return Buffer.concat([before, ...Array(edit.times).fill(part), bytes.subarray(from)]);
    }
    case 'move': {
      const part = bytes.subarray(from, from + edit.length);
      const rest = Buffer.concat([before, bytes.subarray(from + edit.length)]);
      const to = Math.floor(edit.to * rest.length);
      return Buffer.concat([rest.subarray(0, to), part, rest.subarray(to)]);
    }
    case 'insert':
      return Buffer.concat([before, Buffer.from(edit.text), bytes.subarray(from)]);
    case 'digits':
      return withDigits(bytes, edit);
    case 'json':
      return withValue(bytes, edit);
  }
}

function withNumber(bytes, { at: place, size, big, value, aligned }) {
  const changed = Buffer.from(bytes);
  const from = Math.floor((place * bytes.length) / (aligned ? size : 1)) * (aligned ? size : 1);
  if (from + size > changed.length) return changed;
  const number = BigInt.asUintN(size * 8, BigInt(value));
  for (let i = 0; i < size; i++) changed[from + (big ? size - 1 - i : i)] = Number((number >> BigInt(8 * i)) & 255n);
  return changed;
}

/** Replaces one run of digits with another text. */
function withDigits(bytes, { at: place, text }) {
  const content = bytes.toString('latin1');
  const runs = [...content.matchAll(/\d+/g)];
  if (runs.length === 0) return bytes;
  const run = runs[Math.floor(place * runs.length)];
  return Buffer.from(
    content.slice(0, run.index) + Buffer.from(text).toString('latin1') + content.slice(run.index + run[0].length),
    'latin1',
  );
}

/** Replaces one value of a JSON document. Other files are unchanged. */
function withValue(bytes, { at: place, value }) {
  const start = bytes.indexOf(0x7b);
  if (start < 0 || start > 8) return bytes;
  let document;
  try {
    document = JSON.parse(
      bytes.toString('utf8', start === 8 ? 8 : 0, start === 8 ? 8 + Number(bytes.readBigUInt64LE()) : undefined),
    );
  } catch {
    return bytes;
  }
  const places = [];
  const look = (inner) => {
    if (typeof inner !== 'object' || inner === null) return;
    for (const key of Object.keys(inner)) {
      places.push([inner, key]);
      look(inner[key]);
    }
  };
  look(document);
  if (places.length === 0) return bytes;
  const [parent, key] = places[Math.floor(place * places.length)];
  parent[key] = value;
  const text = Buffer.from(JSON.stringify(document));
  if (start !== 8) return text;
  const header = Buffer.alloc(8);
  header.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([header, text, bytes.subarray(8 + Number(bytes.readBigUInt64LE()))]);
}
