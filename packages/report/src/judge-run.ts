/** What a run's figures mean, why, and what to do next: one table of rules, each a condition and a sentence. */
import { countOf } from '@facewright/core';
import { count, percent } from './format.js';
import type { History } from './history.js';
import type { Verdict } from './verdict.js';

/** The input of the rules. */
export interface RunFacts {
  /** `facewright evaluate`: nothing was trained. */
  readonly evaluationOnly: boolean;
  /** The people were drawn by `--sample`. */
  readonly sample: boolean;
  /** Training started from trained weights. */
  readonly tuned: boolean;
  /** Those weights, for the suggested commands. */
  readonly from?: string;
  /** People used for training. */
  readonly people?: number;
  /** People held out and used for verification, if known. */
  readonly heldOut?: number;
  readonly photos?: number;
  /** Photos dropped for showing more than one face. */
  readonly severalFaces: number;
  readonly test?: { readonly accuracy: number; readonly low: number; readonly high: number; readonly pairs: number };
  /** For the suggested commands; without it there are none. */
  readonly directory?: string;
  /** The photos, for the commands. */
  readonly data?: string;
}

/** How commands refer to a path; without it there are no commands. */
export interface Naming {
  readonly nameOf?: (path: string) => string;
}

type Tested = RunFacts & { readonly test: NonNullable<RunFacts['test']> };
type Next = Verdict['next'][number];

/** A model needs to see many people to recognise strangers; with fewer, trained weights help most. */
const MANY_PEOPLE = 500;
const FEW_PEOPLE = 100;
const FEW_TESTED = 10;
/** Report a loss of photos above this fraction for one reason. */
const MUCH_LOST = 0.1;

const shown = ({ test: { accuracy } }: Tested): string =>
  `${percent(accuracy, 1)} of pairs ${accuracy < 0.6 ? 'were' : 'are'} classified correctly`;

/** The first match gives level and title. */
const LEVELS: readonly {
  level: Verdict['level'];
  when: (facts: Tested) => boolean;
  title: (facts: Tested) => string;
}[] = [
  {
    level: 'poor',
    when: ({ test }) => test.low <= 0.5,
    title: (facts) => `Near chance: ${shown(facts)}, and guessing gets 50 %.`,
  },
  {
    level: 'poor',
    when: ({ test }) => test.accuracy < 0.75,
    title: (facts) => `Better than guessing, but not usable yet: ${shown(facts)}.`,
  },
  {
    level: 'fair',
    when: ({ test, heldOut = FEW_TESTED }) => test.accuracy < 0.95 || test.low < 0.9 || heldOut < FEW_TESTED,
    title: (facts) =>
      `It tells people apart, with mistakes: ${shown(facts)}, about 1 in ${Math.max(2, Math.round(1 / Math.max(1e-3, 1 - facts.test.accuracy)))} is not.`,
  },
  { level: 'good', when: () => true, title: (facts) => `It tells people apart well: ${shown(facts)}.` },
];

/** All matches are used. */
const REASONS: readonly { when: (facts: RunFacts) => boolean; reason: (facts: RunFacts) => string }[] = [
  {
    when: ({ test, heldOut = FEW_TESTED }) => test !== undefined && heldOut >= FEW_TESTED,
    reason: ({ test, evaluationOnly, heldOut }) =>
      `The true accuracy is between ${percent(test!.low)} and ${percent(test!.high)}, based on ${count(test!.pairs)} pairs${evaluationOnly ? '' : ` of ${heldOut === undefined ? '' : `${count(heldOut)} `}people it never saw`} (95 % interval).`,
  },
  {
    when: ({ test, heldOut = FEW_TESTED }) => test !== undefined && heldOut < FEW_TESTED,
    reason: ({ test, heldOut }) =>
      `It was tested on only ${heldOut} people it never saw: with others the result may be quite different. Among their ${count(test!.pairs)} pairs the 95 % interval is ${percent(test!.low)} to ${percent(test!.high)}.`,
  },
  {
    when: ({ sample }) => sample,
    reason: () =>
      'It learned from drawn faces. This shows that everything works here, but it will not recognise real people.',
  },
  {
    when: ({ people = FEW_PEOPLE, tuned, sample }) => people < FEW_PEOPLE && !tuned && !sample,
    reason: ({ people }) =>
      `There were only ${people} people to learn from. What makes two faces differ takes hundreds of people to learn.`,
  },
  {
    when: ({ severalFaces, photos = 0 }) => severalFaces > MUCH_LOST * photos,
    reason: ({ severalFaces, photos = 0 }) =>
      `${count(severalFaces)} of ${countOf(photos, 'photo')} ${severalFaces === 1 ? 'was left out because it shows' : 'were left out because they show'} more than one face.`,
  },
];

const retrain = ({ directory, data = 'photos/', from }: RunFacts, options: string): { command?: string } =>
  directory === undefined
    ? {}
    : {
        command: `facewright run --data ${quoted(data)} --out ${quoted(`${directory}-2`)}${from === undefined ? '' : ` --from ${quoted(from)}`} ${options}`,
      };

/** What would help a run that falls short. */
const HELPS: readonly { when: (facts: RunFacts) => boolean; next: (facts: RunFacts) => Next }[] = [
  {
    when: ({ people = MANY_PEOPLE, tuned, sample }) => people < MANY_PEOPLE && !tuned && !sample,
    next: (facts) => ({
      text: 'Start from weights already trained on many people: this helps most. docs/weights.md lists public ones.',
      ...retrain(facts, '--from <weights>'),
    }),
  },
  {
    when: ({ severalFaces, photos = 0 }) => severalFaces > MUCH_LOST * photos,
    next: (facts) => ({
      text: 'Keep photos with several faces by taking the largest face of each.',
      ...retrain(facts, '--faces largest'),
    }),
  },
  {
    when: ({ people = FEW_PEOPLE, sample }) => people < FEW_PEOPLE && !sample,
    next: () => 'Add people: more people help more than more photos of each.',
  },
];

/** Three commands to continue with, whatever the result. */
const GO_ON: readonly { when: (facts: RunFacts) => boolean; next: (directory: string) => Next }[] = [
  {
    when: ({ evaluationOnly }) => !evaluationOnly,
    next: (directory) => ({
      text: 'See what it mixes up, and match photos of your own:',
      command: `facewright studio ${quoted(directory)}`,
    }),
  },
  {
    when: ({ sample }) => sample,
    next: () => ({ text: 'Train on your own photos:', command: 'facewright run --data photos/ --out run' }),
  },
  {
    when: ({ sample, evaluationOnly }) => !sample && !evaluationOnly,
    next: (directory) => ({
      text: 'Test it on other pairs of photos:',
      command: `facewright evaluate --model ${quoted(`${directory}/model`)} --pairs pairs.txt --images photos/`,
    }),
  },
  {
    when: ({ evaluationOnly }) => !evaluationOnly,
    next: (directory) => ({
      text: 'Use it in another program:',
      command: `facewright export --model ${quoted(`${directory}/model`)} --format onnx --out ${quoted(`${directory}/export`)}`,
    }),
  },
];

/** Applies the rules. */
export function judge(facts: RunFacts): Verdict {
  const { test, directory } = facts;
  const reasons = REASONS.filter(({ when }) => when(facts)).map(({ reason }) => reason(facts));
  const helps = HELPS.filter(({ when }) => when(facts)).map(({ next }) => next(facts));
  const goOn =
    directory === undefined ? [] : GO_ON.filter(({ when }) => when(facts)).map(({ next }) => next(directory));
  if (!test)
    return {
      level: 'fair',
      title: 'Trained, but not verified: nothing says yet how well it tells people apart.',
      reasons,
      next: [...helps, ...goOn],
    };
  const tested = { ...facts, test };
  const { level, title } = LEVELS.find(({ when }) => when(tested))!;
  return { level, title: title(tested), reasons, next: [...(level === 'good' ? [] : helps), ...goOn] };
}

/** The verdict on the run with these events; `undefined` if it is unfinished. */
export function judgeRun(history: History, { nameOf }: Naming = {}): Verdict | undefined {
  const { started, trained, evaluated } = history;
  if (started?.command === 'evaluate' ? !evaluated : !trained) return undefined;
  return judge(factsOf(history, nameOf));
}

function factsOf({ started, training, prepared, evaluated }: History, nameOf: Naming['nameOf']): RunFacts {
  const config = (started?.config ?? {}) as Record<string, unknown>;
  const text = (key: string): string | undefined => (typeof config[key] === 'string' ? config[key] : undefined);
  const [out, data, from] = [text('out'), text('data'), text('from')];
  const verification = evaluated?.verification;
  return {
    evaluationOnly: started?.command === 'evaluate',
    sample:
      out !== undefined && data !== undefined && data.startsWith(out) && /^[\\/]sample$/.test(data.slice(out.length)),
    tuned: from !== undefined,
    people: training?.identities,
    heldOut: evaluated?.heldOut,
    photos: prepared?.summary.photos,
    severalFaces: prepared?.summary.reasons['several-faces'] ?? 0,
    test: verification && { ...interval(verification), pairs: verification.pairs },
    ...(nameOf && out !== undefined && { directory: nameOf(out) }),
    ...(nameOf && data !== undefined && { data: nameOf(data) }),
    ...(nameOf && from !== undefined && { from: nameOf(from) }),
  };
}

/** Wilson's 95 % score interval for a proportion of pairs (E. B. Wilson, 1927). */
function interval({ accuracy, pairs }: { accuracy: number; pairs: number }) {
  const z2 = 1.96 ** 2;
  const middle = (accuracy + z2 / (2 * pairs)) / (1 + z2 / pairs);
  const half = (1.96 / (1 + z2 / pairs)) * Math.sqrt((accuracy * (1 - accuracy)) / pairs + z2 / (4 * pairs ** 2));
  return { accuracy, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Quoted for the shell. */
const quoted = (path: string): string => (/^[\w./~:@%+,=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
