import { expect, test } from 'vitest';
import { describeModel, mobileFaceNetSize, mobileNetV2Size } from './index.js';

test('describes both networks by name, with their options', () => {
  expect(describeModel('mobilefacenet')!.size).toEqual(mobileFaceNetSize());
  expect(describeModel('mobilefacenet', { variant: 'S', inputSize: [112, 96] })).toMatchObject({
    inputSize: [112, 96],
    size: mobileFaceNetSize({ variant: 'S', inputSize: [112, 96] }),
  });
  const { size, layers } = describeModel('mobilenetv2', { width: 0.5 })!;
  expect(size).toEqual(mobileNetV2Size({ width: 0.5 }));
  expect(layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)).toBe(size.multiplyAdds);
  expect(describeModel('another')).toBeUndefined();
  expect(() => describeModel('mobilefacenet', { varient: 'S' })).toThrow(/variant/);
});
