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
      `${result.alreadyThere ? 'Was there already' : 'Done'}: ${result.device}, ${Math.round(result.bytes / 1e6)} MB in ${result.directory}\nTo undo it: ${result.undo}`,
    );
    return { json: result };
  });

function ofXla(options: Options, emit: Emit, signal: AbortSignal) {
  const variant = VARIANTS.find((name) => options[name]);
  if (!variant)
    throw new FacewrightError({
      what: 'It is not said for what XLA is to be set up.',
      todo: `Give one of ${VARIANTS.map((name) => `--${name}`).join(', ')}.`,
    });
  return setupXla({ variant, withoutDriver: options.withoutDriver, emit, signal });
}

function ofNodeGpu(options: Options, emit: Emit, signal: AbortSignal) {
  const other = VARIANTS.find((name) => name !== 'cpu' && options[name]);
  if (other)
    throw new FacewrightError({
      what: `--${other} is for the engine xla.`,
      todo: 'Leave it out: node-gpu is set up for an NVIDIA GPU, or for the processor by --cpu.',
    });
  return setupNodeGpu({ cpu: options.cpu, withoutDriver: options.withoutDriver, emit, signal });
}
