/**
 * Registers tfjs's gradients. tfjs-core's Node build omits them, and Node cannot resolve the deep ESM import, so the
 * build bundles `register_all_gradients`. Registry and engine are global to the process. Import tfjs-core first:
 * whichever copy loads first creates the engine, and the bundled copy lacks the tensor methods. Browser bundlers use
 * tfjs's own file instead.
 */
import '@tensorflow/tfjs-core';
import '#gradients';
