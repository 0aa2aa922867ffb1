/**
 * A convolutional network as data: a list of blocks of convolution layers. Everything about a network (its first state, its output, its
 * size) is a walk over this list, so they cannot disagree.
 */

/** One convolution without bias, batch normalisation, then an activation or nothing. */
export interface ConvLayer {
  /** Path of its parameters: `stage2/block3/expand`. */
  readonly name: string;
  readonly kernel: readonly [height: number, width: number];
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  /** Zeros on every side of the input, in pixels. */
  readonly padding: number;
  /** One kernel a channel (`inputs` = `outputs`), or with `perGroup`. */
  readonly depthwise: boolean;
  /** Of a depthwise layer: every so many channels in a row are convolved with one another; 1 without it. */
  readonly perGroup?: number;
  /** A learned constant a channel between convolution and batch normalisation; cancelled by the latter while training. */
  readonly bias: boolean;
  readonly activation: 'prelu' | 'relu' | 'relu6' | 'linear';
  /** Added to the variance by batch normalisation. */
  readonly epsilon: number;
  /** The optimiser's group. */
  readonly group?: string;
}

export interface Block {
  readonly layers: readonly ConvLayer[];
  /** The block's input is added to its output. */
  readonly shortcut: boolean;
}

/** Side of a layer's output for that of its input, in pixels. */
export function outputSide(
  layer: Pick<ConvLayer, 'stride' | 'padding'>,
  kernelSide: number,
  inputSide: number,
): number {
  return Math.floor((inputSide + 2 * layer.padding - kernelSide) / layer.stride) + 1;
}

/** Shape of the layer's kernel as tfjs takes it: [h, w, in, out], or [h, w, channels, outputs in a group] for a depthwise one. */
export function kernelShape({
  kernel,
  inputs,
  outputs,
  depthwise,
  perGroup = 1,
}: ConvLayer): [number, number, number, number] {
  return depthwise ? [...kernel, inputs, perGroup] : [...kernel, inputs, outputs];
}

export interface NetworkSize {
  /** Learned numbers: kernels, biases, gammas, betas and slopes. */
  readonly parameters: number;
  /** How many of them are PReLU slopes: the MobileFaceNet paper's counts leave these out. */
  readonly slopes: number;
  /** Multiply–adds of the convolutions for one image, as papers count them (normalisation and activation are left out). */
  readonly multiplyAdds: number;
  /** Height and width of the last block's output. */
  readonly outputSize: readonly [height: number, width: number];
}

/** A layer in numbers, for tables. */
export interface LayerSize {
  readonly name: string;
  /** Height, width and channels of its output. */
  readonly output: readonly [height: number, width: number, channels: number];
  readonly parameters: number;
  readonly slopes: number;
  readonly multiplyAdds: number;
}

/** Every layer of a network for images of `inputSize` [height, width], in order. */
export function layerSizes(blocks: readonly Block[], inputSize: readonly [height: number, width: number]): LayerSize[] {
  let [height, width] = inputSize;
  return blocks
    .flatMap((block) => block.layers)
    .map((layer) => {
      height = outputSide(layer, layer.kernel[0], height);
      width = outputSide(layer, layer.kernel[1], width);
      const weights = kernelShape(layer).reduce((product, side) => product * side, 1);
      const slopes = layer.activation === 'prelu' ? layer.outputs : 0;
      const parameters = weights + slopes + layer.outputs * (2 + (layer.bias ? 1 : 0));
      return {
        name: layer.name,
        output: [height, width, layer.outputs],
        parameters,
        slopes,
        multiplyAdds: weights * height * width,
      };
    });
}

/** Counts a network for images of `inputSize` [height, width]. */
export function networkSize(
  blocks: readonly Block[],
  inputSize: readonly [height: number, width: number],
): NetworkSize {
  const layers = layerSizes(blocks, inputSize);
  const sum = (of: 'parameters' | 'slopes' | 'multiplyAdds'): number =>
    layers.reduce((total, layer) => total + layer[of], 0);
  const [height, width] = layers.at(-1)?.output ?? inputSize;
  return {
    parameters: sum('parameters'),
    slopes: sum('slopes'),
    multiplyAdds: sum('multiplyAdds'),
    outputSize: [height, width],
  };
}
