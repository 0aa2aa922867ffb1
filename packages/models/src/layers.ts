/**
 * A convolutional network as data: a list of blocks of convolution layers. Everything about a network (its initial
 * state, output and size) is computed from this list, so they cannot disagree.
 */

/** A convolution without bias, batch normalisation, and an optional activation. */
export interface ConvLayer {
  /** Path of its parameters: `stage2/block3/expand`. */
  readonly name: string;
  readonly kernel: readonly [height: number, width: number];
  readonly inputs: number;
  readonly outputs: number;
  readonly stride: number;
  /** Zero padding on every side of the input, in pixels. */
  readonly padding: number;
  /** One kernel per channel (`inputs` = `outputs`), or grouped by `perGroup`. */
  readonly depthwise: boolean;
  /** For a depthwise layer: the number of consecutive channels convolved together; default 1. */
  readonly perGroup?: number;
  /** A learned constant per channel between convolution and batch normalisation, which cancels it during training. */
  readonly bias: boolean;
  readonly activation: 'prelu' | 'relu' | 'relu6' | 'linear';
  /** Added to the variance in batch normalisation. */
  readonly epsilon: number;
  /** The optimiser's parameter group. */
  readonly group?: string;
}

export interface Block {
  readonly layers: readonly ConvLayer[];
  /** Whether the block's input is added to its output. */
  readonly shortcut: boolean;
}

/** Side of a layer's output, given that of its input, in pixels. */
export function outputSide(
  layer: Pick<ConvLayer, 'stride' | 'padding'>,
  kernelSide: number,
  inputSide: number,
): number {
  return Math.floor((inputSide + 2 * layer.padding - kernelSide) / layer.stride) + 1;
}

/** Shape of the layer's kernel in tfjs: [h, w, in, out], or [h, w, channels, outputs per group] for a depthwise one. */
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
  /** Trainable parameters: kernels, biases, gammas, betas and slopes. */
  readonly parameters: number;
  /** How many of them are PReLU slopes, which the MobileFaceNet paper does not count. */
  readonly slopes: number;
  /** Multiply–adds of the convolutions for one image, as counted in papers (without normalisation and activation). */
  readonly multiplyAdds: number;
  /** Height and width of the last block's output. */
  readonly outputSize: readonly [height: number, width: number];
}

/** A layer's figures, for tables. */
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
