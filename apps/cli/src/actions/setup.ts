/** Implements `facewright setup`: downloads what an engine needs and npm does not include. */
import { setup as setupNodeGpu } from '@facewright/backend-node-gpu';
import { setup as setupXla, VARIANTS, type Variant } from '@facewright/backend-xla';
import { createEventStream, FacewrightError, type Emit } from '@facewright/core';
import { withSession, type SessionOptions } from '../session.js';

type Options = SessionOptions & { readonly withoutDriver?: boolean } & Partial<Readonly<Record<Variant, boolean>>>;

export default (engine: 'node-gpu' | 'xla', options: Options) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const events = createEventStream();
    events.subscribe(onEvent);
    const result = await (engine === 'xla' ? ofXla : ofNodeGpu)(options, events.emit, signal);
    print(
      `${result.alreadyThere ? 'Already set up' : 'Done'}: ${result.device}, ${Math.round(result.bytes / 1e6)} MB in ${result.directory}\nTo undo it: ${result.undo}`,
    );
    return { json: result };
  });

function ofXla(options: Options, emit: Emit, signal: AbortSignal) {
  const variant = VARIANTS.find((name) => options[name]);
  if (!variant)
    throw new FacewrightError({
      what: 'Which platform XLA is for was not specified.',
      todo: `Add one of ${VARIANTS.map((name) => `--${name}`).join(', ')}.`,
    });
  return setupXla({ variant, withoutDriver: options.withoutDriver, emit, signal });
}

function ofNodeGpu(options: Options, emit: Emit, signal: AbortSignal) {
  const other = VARIANTS.find((name) => name !== 'cpu' && options[name]);
  if (other)
    throw new FacewrightError({
      what: `--${other} is only for the xla engine.`,
      todo: 'Remove it: node-gpu is set up for NVIDIA GPUs by default, or for the CPU with --cpu.',
    });
  return setupNodeGpu({ cpu: options.cpu, withoutDriver: options.withoutDriver, emit, signal });
}
