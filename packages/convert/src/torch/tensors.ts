/**
 * The globals allowed in the pickle of a PyTorch checkpoint: tensors, which are views of storages outside the pickle.
 */
import { RAW_BYTES, readRaw, type HostTensor, type RawType } from '@facewright/core';
import { PickleGlobal, PickleObject, type Fail, type PickleItem } from '@facewright/core/pickle';

const STORAGES: Readonly<Record<string, RawType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** `torch.FloatStorage` and similar: only occur inside a persistent id. */
class StorageType extends PickleGlobal {
  constructor(readonly type: RawType) {
    super((_, fail) => fail('it creates a storage inside the pickle'));
  }
}

/** Numbers stored outside the pickle; their bytes may follow it. */
export class Storage extends PickleObject {
  bytes?: Uint8Array;
  readonly value = undefined;
  constructor(
    readonly key: string,
    readonly type: RawType,
  ) {
    super();
  }
  setState(_: readonly PickleItem[], fail: Fail): never {
    return fail('it sets the state of a storage');
  }
}

/** A view of a storage. It counts as an array of numbers, which are read on request. */
export class TorchTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  /** A copy of the numbers; `undefined` if the storage is too short, or a number does not fit. */
  get data(): HostTensor['data'] | undefined {
    const {
      storage: { bytes, type },
      shape,
    } = this;
    const size = shape.reduce((product, side) => product * side, 1);
    const each = RAW_BYTES[type];
    if (!bytes) return undefined;
    if (this.isContiguous()) {
      const end = (this.offset + size) * each;
      return end > bytes.length ? undefined : readRaw(type, bytes.subarray(this.offset * each, end));
    }
    // no more numbers than the storage has, because an expanded tensor could be arbitrarily large
    if (size * each > bytes.length) return undefined;
    const all = readRaw(type, bytes.subarray(0, bytes.length - (bytes.length % each)));
    if (!all) return undefined;
    const turned = all instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
    for (let i = 0; i < size; i++) {
      let [rest, from] = [i, this.offset];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += (rest % shape[axis]) * this.strides[axis];
        rest = Math.floor(rest / shape[axis]);
      }
      if (from >= all.length) return undefined;
      turned[i] = all[from];
    }
    return turned;
  }

  private isContiguous(): boolean {
    let expected = 1;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      if (this.shape[axis] !== 1 && this.strides[axis] !== expected) return false;
      expected *= this.shape[axis];
    }
    return true;
  }
}

const sizes = (item: PickleItem): readonly number[] | undefined =>
  Array.isArray(item) && item.every((side) => typeof side === 'number' && Number.isSafeInteger(side) && side >= 0)
    ? (item as number[])
    : undefined;

const rebuildTensor = new PickleGlobal(([storage, offset, shape, strides], fail) => {
  const [sides, steps] = [sizes(shape), sizes(strides)];
  if (
    !(storage instanceof Storage) ||
    !sides ||
    !steps ||
    sides.length !== steps.length ||
    sizes([offset]) === undefined
  )
    return fail('a tensor has no storage, shape or strides');
  if (sides.reduce((product, side) => product * side, 1) > Number.MAX_SAFE_INTEGER / 8) fail('a tensor is too large');
  return new TorchTensor(storage, offset as number, sides, steps) as unknown as PickleItem;
});
/** `requires_grad` and hooks do not matter here. */
const rebuildParameter = new PickleGlobal(([data], fail) =>
  (data as unknown) instanceof TorchTensor ? data : fail('a parameter has no tensor'),
);
const orderedDictionary = new PickleGlobal(([items = []], fail) => {
  if (!Array.isArray(items) || !items.every((item) => Array.isArray(item) && item.length === 2))
    return fail('a dictionary is built from something other than pairs');
  return new Map(items as [PickleItem, PickleItem][]);
});
const size = new PickleGlobal(([sides], fail) => (sizes(sides) ? sides : fail('a torch.Size is malformed')));

export const TORCH_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map<string, PickleGlobal>([
  ['torch._utils _rebuild_tensor', rebuildTensor],
  ['torch._utils _rebuild_tensor_v2', rebuildTensor],
  ['torch._utils _rebuild_parameter', rebuildParameter],
  ['collections OrderedDict', orderedDictionary],
  ['torch Size', size],
  ...Object.entries(STORAGES).map(([name, type]): [string, PickleGlobal] => [`torch ${name}`, new StorageType(type)]),
]);

/**
 * The storages that a pickle refers to, each once. Ids are ('storage', type, key, device, count), in the older format
 * with a view at the end.
 */
export function storageStore(): {
  storages: ReadonlyMap<string, Storage>;
  persistent: (id: PickleItem, fail: Fail) => PickleItem;
} {
  const storages = new Map<string, Storage>();
  return {
    storages,
    persistent(id, fail) {
      const [kind, type, key, , , view = null] = Array.isArray(id) ? id : [];
      if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string')
        return fail('it refers to something that is not a storage');
      if (view !== null) fail('a storage is a view of another one, as written by very old versions of PyTorch');
      const known = storages.get(key) ?? new Storage(key, type.type);
      if (known.type !== type.type) fail(`the storage "${key}" has two types`);
      storages.set(key, known);
      return known;
    },
  };
}
