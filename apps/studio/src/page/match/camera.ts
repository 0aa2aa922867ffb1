/** Takes a photo with the camera: a live dialog with a button; closing the dialog stops the stream. */
import { element, errorBox } from '../dom.js';

export const hasCamera = (): boolean => Boolean(navigator.mediaDevices?.getUserMedia);

/** The photo, or undefined if the dialog was closed. Throws if the camera cannot be used. */
export async function takePhoto(): Promise<Blob | undefined> {
  const stream = await navigator.mediaDevices
    .getUserMedia({ video: { width: { ideal: 1280 }, facingMode: 'user' } })
    .catch((cause: unknown) => {
      const refused = cause instanceof DOMException && cause.name === 'NotAllowedError';
      throw new Error(
        refused
          ? 'The browser does not let this page use the camera. Allow it in the address bar.'
          : 'No camera was found.',
        { cause },
      );
    });
  try {
    return await inDialog(stream);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

async function inDialog(stream: MediaStream): Promise<Blob | undefined> {
  const video = element('video', { autoplay: true, playsinline: true, muted: true });
  video.srcObject = stream;
  const error = errorBox();
  const take = element('button', { type: 'button', class: 'main' }, 'Take the photo');
  const cancel = element('button', { type: 'button' }, 'Cancel');
  const buttons = element('div', { class: 'buttons' }, take, cancel);
  const dialog = element('dialog', { class: 'camera', 'aria-label': 'Camera' }, video, error, buttons);
  document.body.append(dialog);
  dialog.showModal();
  try {
    return await new Promise<Blob | undefined>((resolve) => {
      dialog.addEventListener('close', () => resolve(undefined));
      cancel.addEventListener('click', () => dialog.close());
      take.addEventListener('click', () => {
        if (video.videoWidth) void frameOf(video).then(resolve);
        else error.textContent = 'The camera has not started yet.';
      });
    });
  } finally {
    dialog.remove();
  }
}

function frameOf(video: HTMLVideoElement): Promise<Blob> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
}
