/** Matrix products, convolutions, pooling and normalisation, with their gradients. All images are NHWC. */
import { FacewrightError } from '@facewright/core';
import { backend_util, broadcast_util } from '@tensorflow/tfjs-core';
import { userLine } from '../user-line.js';
import { mutable, rulesFor, type Attrs, type Inputs, type Rule, type Rules } from './rule.js';

type Four = [number, number, number, number];

const matrixProduct: Rule = ({ a, b }, { transposeA, transposeB }) => {
  const rows = a.shape[a.shape.length - (transposeA ? 1 : 2)];
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  const batch = broadcast_util.assertAndGetBroadcastShape(mutable(a.shape.slice(0, -2)), mutable(b.shape.slice(0, -2)));
  return { shape: [...batch, rows, columns], dtype: 'float32' };
};

function convolution(
  { x, filter }: Inputs,
  { strides, dilations, pad, dimRoundingMode, dataFormat }: Attrs,
  depthwise: boolean,
): number[] {
  if (dataFormat && dataFormat !== 'NHWC') throw new Error('only NHWC images can be captured');
  return shapeOf(
    backend_util.computeConv2DInfo(
      x.shape as Four,
      filter.shape as Four,
      strides,
      dilations ?? [1, 1],
      pad,
      dimRoundingMode,
      depthwise,
    ),
    pad,
  );
}

const pool: Rule = ({ x }, { filterSize, strides, pad, dimRoundingMode }) => ({
  shape: shapeOf(backend_util.computePool2DInfo(x.shape as Four, filterSize, strides, 1, pad, dimRoundingMode), pad),
  dtype: 'float32',
});

/**
 * With one number as padding, tfjs 4.22 computes the width of the output from the height of the window and its vertical
 * stride (`computeOutputShape2D` in its conv_util.js). Its kernels then read past the image.
 */
function shapeOf(info: backend_util.Conv2DInfo, pad: unknown): Four {
  const { strideHeight, strideWidth, effectiveFilterHeight, effectiveFilterWidth } = info;
  if (typeof pad !== 'number' || (strideHeight === strideWidth && effectiveFilterHeight === effectiveFilterWidth))
    return info.outShape;
  throw new FacewrightError({
    what: `With padding ${pad}, tfjs gives the wrong width for a window of ${effectiveFilterHeight}×${effectiveFilterWidth} with strides ${strideHeight} and ${strideWidth}.`,
    where: userLine(),
    todo: `Give the padding of each side: [[0, 0], [${pad}, ${pad}], [${pad}, ${pad}], [0, 0]].`,
  });
}

export const networkRules: Rules = {
  ...rulesFor(['BatchMatMul', '_FusedMatMul'], matrixProduct),
  ...rulesFor(['Conv2D', 'FusedConv2D'], (inputs, attrs) => ({
    shape: convolution(inputs, attrs, false),
    dtype: 'float32',
  })),
  ...rulesFor(['DepthwiseConv2dNative', 'FusedDepthwiseConv2D'], (inputs, attrs) => ({
    shape: convolution(inputs, attrs, true),
    dtype: 'float32',
  })),
  ...rulesFor(['Conv2DBackpropInput', 'DepthwiseConv2dNativeBackpropInput'], (_, { inputShape }) => ({
    shape: inputShape,
    dtype: 'float32',
  })),
  ...rulesFor(['Conv2DBackpropFilter', 'DepthwiseConv2dNativeBackpropFilter'], (_, { filterShape }) => ({
    shape: filterShape,
    dtype: 'float32',
  })),
  ...rulesFor(['MaxPool', 'AvgPool'], pool),
  MaxPoolGrad: ({ input }) => ({ shape: input.shape, dtype: 'float32' }),
  AvgPoolGrad: ({ input }) => ({ shape: input.shape, dtype: 'float32' }),
  FusedBatchNorm: ({ x }) => ({ shape: x.shape, dtype: 'float32' }),
};
