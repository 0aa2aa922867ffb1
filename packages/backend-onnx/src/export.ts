/** Exports a stateless step as an ONNX file for other programs. Needs no onnxruntime, so it works in a browser too. */
import { capture, simplify } from '@facewright/capture';
import { FacewrightError, type HostTensors, type StepFunction } from '@facewright/core';
import { lowerForAnySize, type Specs } from './lowering/any-size.js';
import { lower, type Publication } from './lowering/lower.js';

export interface ExportOptions extends Publication {
  /** Name of the graph. */
  readonly name: string;
  /** Stored in the file. */
  readonly state: HostTensors;
  /** Shapes and dtypes of the inputs. Axes named in `axisNames` may have any length. */
  readonly inputs: Specs;
}

/**
 * The bytes of an ONNX model (opset 18). Throws a `FacewrightError` for an op that ONNX lacks, and if the step depends
 * on the length of a dynamic axis.
 */
export function exportOnnx(step: StepFunction, { name, state, inputs, ...publication }: ExportOptions): Uint8Array {
  const captured = (specs: Specs) => simplify(capture(step, { state, inputs: specs }, { name }));
  const whole = captured(inputs);
  if (whole.newState.length)
    throw new FacewrightError({
      what: `The step "${name}" changes its state, and only stateless steps can be exported.`,
    });
  const openAxes = Object.fromEntries(
    Object.keys(inputs).map((input) => [input, Object.keys(publication.axisNames[input] ?? {}).map(Number)]),
  );
  const lowered = lowerForAnySize(captured, inputs, { frozenState: state, openAxes, publication });
  if (!lowered) lower(whole, { block: 0, frozenState: state, publication }); // a missing ONNX op is the more useful reason
  if (!lowered)
    throw new FacewrightError({
      what: `The step "${name}" cannot be exported as one ONNX model for every size of its inputs.`,
      todo: 'Use operations that do not depend on the number of images.',
    });
  return lowered.bytes;
}
