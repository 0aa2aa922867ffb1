/**
 * The part of PJRT's C API in use (xla/pjrt/c/pjrt_c_api.h, version 0.90): the position in the table and the argument
 * size of each function. Plugins accept larger structs than their own, so these sizes also work with older plugins.
 */

/** name: [position in PJRT_Api, bytes of the argument struct]. */
export const FUNCTIONS = {
  Error_Destroy: [0, 24],
  Error_Message: [1, 40],
  Error_GetCode: [2, 32],
  Plugin_Initialize: [3, 16],
  Event_Destroy: [5, 24],
  Event_IsReady: [6, 32],
  Event_Error: [7, 24],
  Event_Await: [8, 24],
  Client_Create: [10, 88],
  Client_Destroy: [11, 24],
  Client_PlatformName: [12, 40],
  Client_PlatformVersion: [14, 40],
  Client_AddressableDevices: [16, 40],
  Client_Compile: [20, 56],
  Client_BufferFromHostBuffer: [22, 120],
  DeviceDescription_Kind: [26, 40],
  Device_GetDescription: [29, 32],
  Device_MemoryStats: [34, 192],
  Executable_Destroy: [40, 24],
  Executable_NumOutputs: [44, 32],
  LoadedExecutable_Destroy: [50, 24],
  LoadedExecutable_GetExecutable: [51, 32],
  LoadedExecutable_Execute: [55, 80],
  Buffer_Destroy: [58, 24],
  Buffer_IsDeleted: [68, 32],
  Buffer_ToHostBuffer: [70, 56],
  TopologyDescription_Create: [82, 56],
  TopologyDescription_Destroy: [83, 24],
  Compile: [89, 64],
  Executable_GetCompiledMemoryStats: [96, 120],
} as const satisfies Record<string, readonly [index: number, bytes: number]>;
export type FunctionName = keyof typeof FUNCTIONS;

/** Offsets of the table's own fields, in bytes. */
export const TABLE = { size: 0, version: 32, functions: 40 } as const;

/**
 * 0.57 moved functions within the table (see the change log in pjrt_c_api.h); newer minor versions only append to it.
 */
export const OLDEST_MINOR = 57;

export const PROGRAM_BYTES = 48;
export const NAMED_VALUE_BYTES = 56;
export const EXECUTE_OPTIONS_BYTES = 112;

/** PJRT_Buffer_Type, under StableHLO's names. */
export const ELEMENT_TYPES = { i1: 1, i32: 4, ui8: 6, f32: 11, f64: 12, bf16: 13 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;
export const ELEMENT_BYTES: Readonly<Record<ElementType, number>> = { i1: 1, i32: 4, ui8: 1, f32: 4, f64: 8, bf16: 2 };

/** PJRT_HostBufferSemantics: the data is copied during the call. */
export const ONLY_DURING_CALL = 0;

/** PJRT_NamedValue_Type. */
export const NAMED_TYPES = { string: 0, int64: 1, int64List: 2, float: 3, bool: 4 } as const;
