/** The work of `facewright setup`: fetches what an engine needs and npm does not bring. */
import { setup as setupNodeGpu } from '@facewright/backend-node-gpu';
import { createEventStream } from '@facewright/core';
import { withSession, type SessionOptions } from '../session.js';

export default (
  _engine: string,
  { cpu = false, withoutDriver = false, ...options }: SessionOptions & { cpu?: boolean; withoutDriver?: boolean },
) =>
  withSession(options, async ({ signal, onEvent, print }) => {
    const events = createEventStream();
    events.subscribe(onEvent);
    const result = await setupNodeGpu({ cpu, withoutDriver, emit: events.emit, signal });
    print(
      `${result.alreadyThere ? 'Was there already, and works' : 'Done'}: ${result.device}, ${Math.round(result.bytes / 1e6)} MB in ${result.directory}\nTo undo it: ${result.undo}`,
    );
    return { json: result };
  });
