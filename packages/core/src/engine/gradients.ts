/**
 * Registers tfjs's gradients, which tfjs-core's Node build leaves out (and whose deep ESM import Node cannot resolve): the build bundles
 * `register_all_gradients` once. Registry and engine are global in the process. tfjs-core must come first: whichever copy is loaded first
 * makes the engine, and the bundle's own copy lacks the tensors' methods. Bundlers for browsers take tfjs's own file instead.
 */
import '@tensorflow/tfjs-core';
import '#gradients';
