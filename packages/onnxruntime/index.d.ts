/** What `onnxruntime-node` exports: the interface of `onnxruntime-common`, and the list of providers. */
export { env, InferenceSession, registerBackend, Tensor } from 'onnxruntime-common';

/** The providers of this platform's library, such as `cpu`; `bundled` says whether the library has all that one needs. */
export declare function listSupportedBackends(): { name: string; bundled: boolean }[];
